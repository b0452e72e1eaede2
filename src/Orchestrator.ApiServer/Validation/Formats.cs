using System.Globalization;

namespace Orchestrator.ApiServer.Validation;

/// <summary>
/// The formats of names, keys and values (upstream's util/validation). Each gives the faults of a text; an empty list, which costs nothing, when it is fine.
/// </summary>
internal static class Formats
{
    private const string DnsLabelText = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
    private const string DnsSubdomainText = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
    private const string DnsSubdomainPattern = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
    private const string QualifiedPattern = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
    private const string QualifiedText = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

    private static readonly IReadOnlyList<string> Fine = [];

    public static IReadOnlyList<string> DnsLabel(string value)
    {
        if (IsDnsLabel(value))
        {
            return Fine;
        }

        var faults = new List<string>();
        if (value.Length > 63)
        {
            faults.Add(CharactersMax(63));
        }

        if (!IsLabelChars(value))
        {
            faults.Add(IsSubdomainChars(value) ? "must not contain dots" : Pattern(DnsLabelText, "[a-z0-9]([-a-z0-9]*[a-z0-9])?", "my-name", "123-abc"));
        }

        return faults;
    }

    public static IReadOnlyList<string> DnsSubdomain(string value)
    {
        if (IsDnsSubdomain(value))
        {
            return Fine;
        }

        var faults = new List<string>();
        if (value.Length > 253)
        {
            faults.Add(CharactersMax(253));
        }

        if (!IsSubdomainChars(value))
        {
            faults.Add(Pattern(DnsSubdomainText, DnsSubdomainPattern, "example.com"));
        }

        return faults;
    }

    public static IReadOnlyList<string> Dns1035Label(string value)
    {
        var matches = IsLabelChars(value) && char.IsAsciiLetterLower(value[0]);
        if (matches && value.Length <= 63)
        {
            return Fine;
        }

        var faults = new List<string>();
        if (value.Length > 63)
        {
            faults.Add(CharactersMax(63));
        }

        if (!matches)
        {
            faults.Add(Pattern(
                "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
                "[a-z]([-a-z0-9]*[a-z0-9])?", "my-name", "abc-123"));
        }

        return faults;
    }

    public static IReadOnlyList<string> WildcardDnsSubdomain(string value)
    {
        var matches = value.StartsWith("*.", StringComparison.Ordinal) && IsSubdomainChars(value.AsSpan(2));
        if (matches && value.Length <= 253)
        {
            return Fine;
        }

        var faults = new List<string>();
        if (value.Length > 253)
        {
            faults.Add(CharactersMax(253));
        }

        if (!matches)
        {
            faults.Add(Pattern(
                "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
                "\\*\\." + DnsSubdomainPattern, "*.example.com"));
        }

        return faults;
    }

    /// <summary>A dns-subdomain where a label may also begin with or hold an underscore.</summary>
    public static IReadOnlyList<string> DnsSubdomainWithUnderscore(string value)
    {
        var matches = IsSubdomainChars(value, underscore: true);
        if (matches && value.Length <= 253)
        {
            return Fine;
        }

        var faults = new List<string>();
        if (value.Length > 253)
        {
            faults.Add(CharactersMax(253));
        }

        if (!matches)
        {
            faults.Add(Pattern(
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
                "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*", "example.com"));
        }

        return faults;
    }

    public static IReadOnlyList<string> QualifiedName(string value)
    {
        if (IsQualifiedName(value))
        {
            return Fine;
        }

        var faults = new List<string>();
        var name = value;
        var slash = value.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0)
        {
            if (value.IndexOf('/', slash + 1) >= 0)
            {
                faults.Add("a valid label key " + Pattern(QualifiedText, QualifiedPattern, "MyName", "my.name", "123-abc")
                    + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')");
                return faults;
            }

            var prefix = value[..slash];
            name = value[(slash + 1)..];
            if (prefix.Length == 0)
            {
                faults.Add("prefix part must be non-empty");
            }
            else
            {
                faults.AddRange(DnsSubdomain(prefix).Select(static f => "prefix part " + f));
            }
        }

        if (name.Length == 0)
        {
            faults.Add("name part must be non-empty");
        }
        else if (name.Length > 63)
        {
            faults.Add("name part " + LengthMax(63));
        }

        if (!IsQualifiedChars(name))
        {
            faults.Add("name part " + Pattern(QualifiedText, QualifiedPattern, "MyName", "my.name", "123-abc"));
        }

        return faults;
    }

    public static IReadOnlyList<string> LabelValue(string value)
    {
        var matches = value.Length == 0 || IsQualifiedChars(value);
        if (matches && value.Length <= 63)
        {
            return Fine;
        }

        var faults = new List<string>();
        if (value.Length > 63)
        {
            faults.Add(LengthMax(63));
        }

        if (!matches)
        {
            faults.Add(Pattern(
                "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
                "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?", "MyValue", "my_value", "12345"));
        }

        return faults;
    }

    public static IReadOnlyList<string> PathSegment(string value)
    {
        if (value is "." or "..")
        {
            return [$"may not be '{value}'"];
        }

        var slash = value.Contains('/', StringComparison.Ordinal);
        var percent = value.Contains('%', StringComparison.Ordinal);
        return (slash, percent) switch
        {
            (false, false) => Fine,
            (true, false) => ["may not contain '/'"],
            (false, true) => ["may not contain '%'"],
            _ => ["may not contain '/'", "may not contain '%'"],
        };
    }

    /// <summary>As <see cref="PathSegment"/>, for the beginning of a name.</summary>
    public static IReadOnlyList<string> PathSegmentPrefix(string value) => value is "." or ".." ? Fine : PathSegment(value);

    public static IReadOnlyList<string> ConfigKey(string value)
    {
        var matches = value.Length > 0;
        foreach (var c in value)
        {
            matches &= char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_';
        }

        if (matches && value.Length <= 253 && !value.StartsWith("..", StringComparison.Ordinal) && value != ".")
        {
            return Fine;
        }

        var faults = new List<string>();
        if (value.Length > 253)
        {
            faults.Add(CharactersMax(253));
        }

        if (!matches)
        {
            faults.Add(Pattern("a valid config key must consist of alphanumeric characters, '-', '_' or '.'", "[-._a-zA-Z0-9]+", "key.name", "KEY_NAME", "key-name"));
        }

        if (value is "." or "..")
        {
            faults.Add($"must not be '{value}'");
        }
        else if (value.StartsWith("..", StringComparison.Ordinal))
        {
            faults.Add("must not start with '..'");
        }

        return faults;
    }

    /// <summary>Names of environment variables: printable ASCII without the equals sign.</summary>
    public static IReadOnlyList<string> EnvironmentName(string value)
    {
        if (value.Length == 0)
        {
            return ["must be non-empty"];
        }

        foreach (var c in value)
        {
            if (c is < ' ' or > '~' or '=')
            {
                return ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
            }
        }

        return Fine;
    }

    public static IReadOnlyList<string> PortNumber(long value) => value is >= 1 and <= 65535 ? Fine : ["must be between 1 and 65535, inclusive"];

    public static IReadOnlyList<string> PortName(string value)
    {
        var faults = new List<string>();
        if (value.Length > 15)
        {
            faults.Add("must be no more than 15 characters");
        }

        if (value.Length == 0 || value.AsSpan().ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789-"))
        {
            faults.Add("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
        }

        if (!value.AsSpan().ContainsAnyInRange('a', 'z'))
        {
            faults.Add("must contain at least one letter (a-z)");
        }

        if (value.Contains("--", StringComparison.Ordinal))
        {
            faults.Add("must not contain consecutive hyphens");
        }

        if (value.Length > 0 && (value[0] == '-' || value[^1] == '-'))
        {
            faults.Add("must not begin or end with a hyphen");
        }

        return faults.Count == 0 ? Fine : faults;
    }

    /// <summary>User and group numbers.</summary>
    public static IReadOnlyList<string> Id(long value) => value is >= 0 and <= int.MaxValue ? Fine : ["must be between 0 and 2147483647, inclusive"];

    public static IReadOnlyList<string> Percent(string value) => value.Length > 1 && value[^1] == '%' && !value.AsSpan(0, value.Length - 1).ContainsAnyExceptInRange('0', '9')
        ? Fine
        : [Pattern("a valid percent string must be a numeric string followed by an ending '%'", "[0-9]+%", "1%", "93%")];

    public static IReadOnlyList<string> HttpHeader(string value)
    {
        foreach (var c in value)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '-')
            {
                return HeaderFault();
            }
        }

        return value.Length > 0 ? Fine : HeaderFault();

        static IReadOnlyList<string> HeaderFault() => [Pattern("a valid HTTP header must consist of alphanumeric characters or '-'", "[-A-Za-z0-9]+", "X-Header-Name")];
    }

    public static bool IsDnsLabel(string value) => value.Length <= 63 && IsLabelChars(value);

    public static bool IsDnsSubdomain(string value) => value.Length <= 253 && IsSubdomainChars(value);

    public static bool IsQualifiedName(string value)
    {
        var slash = value.IndexOf('/', StringComparison.Ordinal);
        return slash < 0
            ? value.Length <= 63 && IsQualifiedChars(value)
            : slash is > 0 and <= 253 && IsSubdomainChars(value.AsSpan(0, slash)) && value.Length - slash - 1 <= 63 && IsQualifiedChars(value.AsSpan(slash + 1));
    }

    public static string CharactersMax(int length) => $"must be no more than {length.ToString(CultureInfo.InvariantCulture)} characters";

    public static string LengthMax(int length) => $"must be no more than {length.ToString(CultureInfo.InvariantCulture)} bytes";

    /// <summary>A fault that tells the pattern and examples.</summary>
    public static string Pattern(string text, string pattern, params ReadOnlySpan<string> examples)
    {
        if (examples.Length == 0)
        {
            return $"{text} (regex used for validation is '{pattern}')";
        }

        text += " (e.g. ";
        for (var i = 0; i < examples.Length; i++)
        {
            text += (i > 0 ? " or " : "") + "'" + examples[i] + "', ";
        }

        return $"{text}regex used for validation is '{pattern}')";
    }

    public static bool IsLabelChars(ReadOnlySpan<char> value)
    {
        if (value.Length == 0 || value[0] == '-' || value[^1] == '-')
        {
            return false;
        }

        foreach (var c in value)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-')
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsSubdomainChars(ReadOnlySpan<char> value, bool underscore = false)
    {
        var previous = '.';
        foreach (var c in value)
        {
            if (char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || (underscore && c == '_'))
            {
            }
            else if (c == '-')
            {
                if (previous == '.')
                {
                    return false;
                }
            }
            else if (c != '.' || previous is '.' or '-' or '_')
            {
                return false;
            }

            previous = c;
        }

        return previous is not ('.' or '-' or '_');
    }

    private static bool IsQualifiedChars(ReadOnlySpan<char> value)
    {
        if (value.Length == 0 || !char.IsAsciiLetterOrDigit(value[0]) || !char.IsAsciiLetterOrDigit(value[^1]))
        {
            return false;
        }

        foreach (var c in value)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.'))
            {
                return false;
            }
        }

        return true;
    }
}
