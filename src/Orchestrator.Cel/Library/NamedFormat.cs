using System.Text.RegularExpressions;
using Orchestrator.Cel.Types;
using Orchestrator.Cel.Values;
using static Orchestrator.Cel.Library.Declare;
using T = Orchestrator.Cel.Types.CelType;

namespace Orchestrator.Cel.Library;

/// <summary>A form of names that Kubernetes has rules for, as <c>format.dns1123Label()</c>.</summary>
internal sealed partial class NamedFormat(string name, int regexSizeMax, Func<string, IEnumerable<string>> faults) : CelOpaque(FormatType)
{
    // Keys and values of labels are measured in bytes, names in characters; either means the length in UTF-8.
    private const string Bytes = "bytes";
    private const string LabelText = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
    private const string LabelPattern = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";

    private const string SubdomainText =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";

    private const string SubdomainPattern = @"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";

    private const string OldLabelText =
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";

    private const string OldLabelPattern = "[a-z]([-a-z0-9]*[a-z0-9])?";
    private const string QualifiedText = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
    private const string QualifiedPattern = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

    private const string LabelValueText =
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

    private const string LabelValuePattern = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?";

    /// <summary>The type of all formats.</summary>
    public static CelType FormatType { get; } = T.Struct("kubernetes.NamedFormat");

    private static readonly NamedFormat[] All =
    [
        new("dns1123Label", 30, Label),
        new("dns1123Subdomain", 60, Subdomain),
        new("dns1035Label", 30, OldLabel),
        new("qualifiedName", 60, Qualified),
        new("dns1123LabelPrefix", 30, t => Label(Masked(t))),
        new("dns1123SubdomainPrefix", 60, t => Subdomain(Masked(t))),
        new("dns1035LabelPrefix", 30, t => OldLabel(Masked(t))),
        new("labelValue", 40, LabelValue),
        new("uri", 1103, t => GoUrl.Parse(t, out var fault) is null ? [fault] : []),
        new("uuid", 70, t => Uuid().IsMatch(t) ? [] : ["does not match the UUID format"]),
        new("byte", 84, t => IsBase64(t) ? [] : ["invalid base64"]),
        new("date", 70, t => CelTimestamp.TryParse(t + "T00:00:00Z", out _) ? [] : ["invalid date"]),
        new("datetime", 70, t => CelTimestamp.TryParse(t, out _) ? [] : ["invalid datetime"]),
    ];

    /// <summary>By which the cost of a check is reckoned.</summary>
    public int RegexSizeMax => regexSizeMax;

    public string Name => name;

    public static IEnumerable<CelFunction> Functions() =>
    [
        .. All.Select(f => Function($"format.{f.Name}", Global($"format-{f.Name}", [], FormatType, _ => f))),
        Function(
            "format.named",
            Global(
                "format-named",
                [T.String],
                T.Optional(FormatType),
                a => Array.Find(All, f => f.Name == a[0].AsString) is { } format ? CelOptional.Of(format) : CelOptional.None)),
        Function("validate", Member("format-validate", [FormatType, T.String], T.Optional(T.List(T.String)), Validate)),
    ];

    public override bool ValueEquals(CelReference other) => ReferenceEquals(this, other);

    public override int ValueHash() => name.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => name;

    private static CelValue Validate(CelValue[] a)
    {
        var found = ((NamedFormat)a[0].Reference!).Faults(a[1].AsString).Select(CelValue.String).ToArray();
        return found.Length == 0 ? CelOptional.None : CelOptional.Of(new CelArray(found));
    }

    private IEnumerable<string> Faults(string text) => faults(text);

    private static string Masked(string text) => text.Length > 1 && text.EndsWith('-') ? text[..^2] + "a" : text;

    private static string Explain(string text, string pattern, params string[] examples) =>
        $"{text} (e.g. {string.Join(" or ", examples.Select(e => $"'{e}', "))}regex used for validation is '{pattern}')";

    private static IEnumerable<string> Rule(string text, int lengthMax, string pattern, string explanation, string unit = "characters")
    {
        if (text.Length > lengthMax)
        {
            yield return $"must be no more than {lengthMax} {unit}";
        }

        if (!Regex.IsMatch(text, $"\\A(?:{pattern})\\z", RegexOptions.NonBacktracking))
        {
            yield return explanation;
        }
    }

    private static IEnumerable<string> Label(string text) => Rule(
        text,
        63,
        LabelPattern,
        Regex.IsMatch(text, $"\\A(?:{SubdomainPattern})\\z", RegexOptions.NonBacktracking)
            ? "must not contain dots"
            : Explain(LabelText, LabelPattern, "my-name", "123-abc"));

    private static IEnumerable<string> Subdomain(string text) => Subdomain(text, "characters");

    private static IEnumerable<string> Subdomain(string text, string unit) =>
        Rule(text, 253, SubdomainPattern, Explain(SubdomainText, SubdomainPattern, "example.com"), unit);

    private static IEnumerable<string> OldLabel(string text) => Rule(text, 63, OldLabelPattern, Explain(OldLabelText, OldLabelPattern, "my-name", "abc-123"));

    private static IEnumerable<string> LabelValue(string text) =>
        Rule(text, 63, LabelValuePattern, Explain(LabelValueText, LabelValuePattern, "MyValue", "my_value", "12345"), Bytes);

    private static IEnumerable<string> Qualified(string text)
    {
        var parts = text.Split('/');
        var explanation = Explain(QualifiedText, QualifiedPattern, "MyName", "my.name", "123-abc");
        if (parts.Length > 2)
        {
            return [$"a valid label key {explanation} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"];
        }

        var found = new List<string>();
        if (parts.Length == 2)
        {
            found.AddRange(parts[0].Length == 0 ? ["prefix part must be non-empty"] : Subdomain(parts[0], Bytes).Select(f => "prefix part " + f));
        }

        if (parts[^1].Length == 0)
        {
            found.Add("name part must be non-empty");
        }

        found.AddRange(Rule(parts[^1], 63, QualifiedPattern, explanation, Bytes).Select(f => "name part " + f));
        return found;
    }

    private static bool IsBase64(string text) =>
        text.Length > 0 && !text.Any(char.IsWhiteSpace) && Convert.TryFromBase64String(text, new byte[(text.Length * 3 / 4) + 3], out _);

    [GeneratedRegex("^(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$")]
    private static partial Regex Uuid();
}
