using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.CustomResources.Definitions;

/// <summary>How a definition converts between its versions.</summary>
internal static class DefinitionConversionValidator
{
    public static void Validate(CustomResourceConversion? conversion, FieldPath path, bool allowInvalidBundle, FieldErrorList errors)
    {
        if (conversion is null)
        {
            return;
        }

        if (conversion.Strategy.Length == 0)
        {
            errors.Missing(path, "strategy");
        }
        else if (conversion.Strategy is not ("None" or "Webhook"))
        {
            errors.NotSupportedInOrder(path.Child("strategy"), conversion.Strategy, "None", "Webhook");
        }

        var at = path.Child("webhookClientConfig");
        var client = conversion.Webhook?.ClientConfig;
        var versions = conversion.Webhook?.ConversionReviewVersions ?? ApiList<string>.Empty;
        if (conversion.Strategy != "Webhook")
        {
            if (client is not null)
            {
                errors.Forbidden(at, "should not be set when strategy is not set to Webhook");
            }

            if (versions.Count > 0)
            {
                errors.Forbidden(path, "conversionReviewVersions", "should not be set when strategy is not set to Webhook");
            }

            return;
        }

        if (client is null)
        {
            errors.Required(at, "required when strategy is set to Webhook");
        }
        else
        {
            Client(client, at, allowInvalidBundle, errors);
        }

        ReviewVersions(versions, path.Child("conversionReviewVersions"), errors);
    }

    /// <summary>Whether certificates can be read of a bundle.</summary>
    public static bool IsBundle(byte[] bundle)
    {
        try
        {
            var found = new X509Certificate2Collection();
            found.ImportFromPem(Encoding.UTF8.GetString(bundle));
            return found.Count > 0;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static void Client(WebhookClientConfig client, FieldPath at, bool allowInvalidBundle, FieldErrorList errors)
    {
        switch (client)
        {
            case { Url: null, Service: null } or { Url: not null, Service: not null }:
                errors.Required(at, "exactly one of url or service is required");
                break;
            case { Url: { } url }:
                WebhookClientValidator.Url(url, at.Child("url"), errors);
                break;
            case { Service: { } service }:
                WebhookClientValidator.Service(service.Name, service.Namespace, service.Path, service.Port ?? 443, at.Child("service"), errors);
                break;
        }

        if (client.CaBundle is { Length: > 0 } bundle && !allowInvalidBundle && !IsBundle(bundle))
        {
            errors.Invalid(at, "caBundle", bundle, "unable to load root certificates: unable to parse bytes as PEM block");
        }
    }

    private static void ReviewVersions(ApiList<string> versions, FieldPath at, FieldErrorList errors)
    {
        if (versions.Count == 0)
        {
            errors.Required(at);
            return;
        }

        var seen = new HashSet<string>();
        for (var i = 0; i < versions.Count; i++)
        {
            if (!seen.Add(versions[i]))
            {
                errors.Invalid(at.Index(i), versions[i], "duplicate version");
                continue;
            }

            errors.InvalidEach(at.Index(i), versions[i], Formats.Dns1035Label(versions[i]));
        }

        if (!seen.Contains("v1") && !seen.Contains("v1beta1"))
        {
            errors.Invalid(at, versions, "must include at least one of v1, v1beta1");
        }
    }
}
