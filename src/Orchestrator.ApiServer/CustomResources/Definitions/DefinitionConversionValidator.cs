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
    public static void Validate(CustomResourceConversion? conversion, FieldPath path, FieldErrorList errors)
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
            Client(client, at, errors);
        }

        ReviewVersions(versions, path.Child("conversionReviewVersions"), errors);
    }

    private static void Client(WebhookClientConfig client, FieldPath at, FieldErrorList errors)
    {
        switch (client)
        {
            case { Url: null, Service: null } or { Url: not null, Service: not null }:
                errors.Required(at, "exactly one of url or service is required");
                break;
            case { Url: { } url }:
                Url(url, at.Child("url"), errors);
                break;
            case { Service: { } service }:
                Service(service, at.Child("service"), errors);
                break;
        }

        if (client.CaBundle is { Length: > 0 } bundle)
        {
            try
            {
                var found = new X509Certificate2Collection();
                found.ImportFromPem(Encoding.UTF8.GetString(bundle));
                if (found.Count == 0)
                {
                    Bundle();
                }
            }
            catch (CryptographicException)
            {
                Bundle();
            }
        }

        void Bundle() => errors.Invalid(at, "caBundle", client.CaBundle, "unable to load root certificates: unable to parse bytes as PEM block");
    }

    private static void Url(string url, FieldPath at, FieldErrorList errors)
    {
        const string Form = "; desired format: https://host[/path]";
        if (!Uri.TryCreate(url, UriKind.RelativeOrAbsolute, out var parsed))
        {
            errors.Required(at, $"url must be a valid URL: parse {Api.Json.GoText.Quote(url)}: invalid URI for request{Form}");
            return;
        }

        if (!parsed.IsAbsoluteUri || parsed.Scheme != "https")
        {
            errors.Invalid(at, url, $"'https' is the only allowed URL scheme{Form}");
        }

        if (!parsed.IsAbsoluteUri || parsed.Host.Length == 0)
        {
            errors.Invalid(at, url, $"host must be specified{Form}");
            return;
        }

        if (parsed.UserInfo.Length > 0)
        {
            errors.Invalid(at, parsed.UserInfo, "user information is not permitted in the URL");
        }

        if (parsed.Fragment.Length > 0)
        {
            errors.Invalid(at, parsed.Fragment[1..], "fragments are not permitted in the URL");
        }

        if (parsed.Query.Length > 0)
        {
            errors.Invalid(at, parsed.Query[1..], "query parameters are not permitted in the URL");
        }
    }

    private static void Service(ServiceReference service, FieldPath at, FieldErrorList errors)
    {
        if (service.Name.Length == 0)
        {
            errors.Missing(at, "name", "service name is required");
        }

        if (service.Namespace.Length == 0)
        {
            errors.Missing(at, "namespace", "service namespace is required");
        }

        if (Formats.PortNumber(service.Port ?? 443).Count > 0)
        {
            errors.Invalid(at, "port", service.Port, "port is not valid: must be between 1 and 65535, inclusive");
        }

        if (service.Path is not { } path)
        {
            return;
        }

        if (!path.StartsWith('/'))
        {
            errors.Invalid(at, "path", path, "must start with a '/'");
        }

        if (path == "/")
        {
            return;
        }

        if (path.EndsWith("//", StringComparison.Ordinal))
        {
            errors.Invalid(at, "path", path, "segment[" + (path.Split('/').Length - 3) + "] may not be empty");
        }

        var steps = path.Trim('/').Split('/');
        for (var i = 0; i < steps.Length; i++)
        {
            if (steps[i].Length == 0)
            {
                errors.Invalid(at, "path", path, $"segment[{i}] may not be empty");
                continue;
            }

            foreach (var fault in Formats.DnsSubdomain(steps[i]))
            {
                errors.Invalid(at, "path", path, $"segment[{i}]: {fault}");
            }
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
