namespace Orchestrator.ApiServer.Validation;

/// <summary>Where a webhook is reached: an address of its own or a service of the cluster.</summary>
internal static class WebhookClientValidator
{
    private const string Form = "; desired format: https://host[/path]";

    public static void Url(string text, FieldPath path, FieldErrorList errors)
    {
        if (!GoUrl.TryParse(text, out var url, out var fault))
        {
            errors.Required(path, "url must be a valid URL: " + fault + Form);
            return;
        }

        if (url.Scheme != "https")
        {
            errors.Invalid(path, url.Scheme, "'https' is the only allowed URL scheme" + Form);
        }

        if (url.Host.Length == 0)
        {
            errors.Invalid(path, url.Host, "host must be specified" + Form);
        }

        if (url.User is not null)
        {
            errors.Invalid(path, url.User, "user information is not permitted in the URL");
        }

        if (url.Fragment.Length > 0)
        {
            errors.Invalid(path, url.Fragment, "fragments are not permitted in the URL");
        }

        if (url.Query.Length > 0)
        {
            errors.Invalid(path, url.Query, "query parameters are not permitted in the URL");
        }
    }

    /// <summary>A service by name, namespace, port and path.</summary>
    public static void Service(string name, string @namespace, string? urlPath, int port, FieldPath path, FieldErrorList errors)
    {
        // Upstream's callers hand over name and namespace the wrong way round: a missing one is reported at the place of the other.
        if (@namespace.Length == 0)
        {
            errors.Missing(path, "name");
        }

        if (name.Length == 0)
        {
            errors.Missing(path, "namespace");
        }

        if (Formats.PortNumber(port) is { Count: > 0 } faults)
        {
            errors.Invalid(path, "port", port, "port is not valid: " + string.Join(", ", faults));
        }

        if (urlPath is not (null or "" or "/"))
        {
            UrlPath(urlPath, path.Child("path"), errors);
        }
    }

    private static void UrlPath(string urlPath, FieldPath path, FieldErrorList errors)
    {
        if (urlPath == "//")
        {
            errors.Invalid(path, urlPath, "segment[0] may not be empty");
            return;
        }

        if (urlPath[0] != '/')
        {
            errors.Invalid(path, urlPath, "must start with a '/'");
        }

        var rest = urlPath[1..];
        var steps = (rest.EndsWith('/') ? rest[..^1] : rest).Split('/');
        for (var i = 0; i < steps.Length; i++)
        {
            if (steps[i].Length == 0)
            {
                errors.Invalid(path, urlPath, $"segment[{i}] may not be empty");
                continue;
            }

            foreach (var fault in Formats.DnsSubdomain(steps[i]))
            {
                errors.Invalid(path, urlPath, $"segment[{i}]: {fault}");
            }
        }
    }
}
