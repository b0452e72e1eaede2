namespace Orchestrator.Api.Names;

/// <summary>The forms of names, label keys and values; each method gives upstream's text of the first fault, or null.</summary>
public static class NameRules
{
    private const string NamePart = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
    private const string SubdomainText = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    private const string LabelValueText = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

    /// <summary>A label or annotation key: an optional DNS prefix and a name.</summary>
    public static string? QualifiedNameFault(string name)
    {
        var faults = new List<string>();
        var parts = name.Split('/');
        if (parts.Length > 2)
        {
            return "a valid label key " + NamePart + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
        }

        if (parts.Length == 2)
        {
            if (parts[0].Length == 0)
            {
                faults.Add("prefix part must be non-empty");
            }
            else if (SubdomainFault(parts[0]) is { } prefix)
            {
                faults.Add("prefix part " + prefix);
            }
        }

        var last = parts[^1];
        if (last.Length == 0)
        {
            faults.Add("name part must be non-empty");
        }
        else if (last.Length > 63)
        {
            faults.Add("name part must be no more than 63 bytes");
        }

        if (!IsNamePart(last))
        {
            faults.Add("name part " + NamePart);
        }

        return faults.Count == 0 ? null : string.Join("; ", faults);
    }

    public static string? LabelValueFault(string value) =>
        value.Length > 63 ? "must be no more than 63 bytes" : value.Length > 0 && !IsNamePart(value) ? LabelValueText : null;

    /// <summary>RFC 1123 subdomain, the form of most objects' names.</summary>
    public static string? SubdomainFault(string name) =>
        name.Length > 253 ? "must be no more than 253 bytes" : IsSubdomain(name) ? null : SubdomainText;

    public static bool IsSubdomain(ReadOnlySpan<char> name)
    {
        if (name.Length == 0)
        {
            return false;
        }

        foreach (var range in name.Split('.'))
        {
            if (!IsLabel(name[range]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>RFC 1123 label, without its length limit of 63.</summary>
    public static bool IsLabel(ReadOnlySpan<char> label)
    {
        if (label.Length == 0 || label[0] == '-' || label[^1] == '-')
        {
            return false;
        }

        foreach (var c in label)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-')
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsNamePart(ReadOnlySpan<char> part)
    {
        if (part.Length == 0 || !char.IsAsciiLetterOrDigit(part[0]) || !char.IsAsciiLetterOrDigit(part[^1]))
        {
            return false;
        }

        foreach (var c in part)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.'))
            {
                return false;
            }
        }

        return true;
    }
}
