using System.Globalization;
using Orchestrator.Cel.Types;
using Orchestrator.Cel.Values;
using static Orchestrator.Cel.Library.Declare;
using T = Orchestrator.Cel.Types.CelType;

namespace Orchestrator.Cel.Library;

/// <summary>Semantic versions.</summary>
internal static class SemverLibrary
{
    public static CelType Type { get; } = T.Struct("kubernetes.Semver");

    public static IEnumerable<CelFunction> Functions() =>
    [
        Function(
            "semver",
            Global("string_to_semver", [T.String], Type, a => Make(a[0].AsString, normalize: false)),
            Global("string_bool_to_semver", [T.String, T.Bool], Type, a => Make(a[0].AsString, a[1].AsBool))),
        Function(
            "isSemver",
            Global("is_semver_string", [T.String], T.Bool, a => !Make(a[0].AsString, normalize: false).IsError),
            Global("is_semver_string_bool", [T.String, T.Bool], T.Bool, a => !Make(a[0].AsString, a[1].AsBool).IsError)),
        Function("isGreaterThan", Member("semver_is_greater_than", [Type, Type], T.Bool, a => Of(a[0]).CompareTo(Of(a[1])) > 0)),
        Function("isLessThan", Member("semver_is_less_than", [Type, Type], T.Bool, a => Of(a[0]).CompareTo(Of(a[1])) < 0)),
        Function("compareTo", Member("semver_compare_to", [Type, Type], T.Int, a => CelValue.Int(Of(a[0]).CompareTo(Of(a[1]))))),
        Function("major", Member("semver_major", [Type], T.Int, a => CelValue.Int((long)Of(a[0]).Major))),
        Function("minor", Member("semver_minor", [Type], T.Int, a => CelValue.Int((long)Of(a[0]).Minor))),
        Function("patch", Member("semver_patch", [Type], T.Int, a => CelValue.Int((long)Of(a[0]).Patch))),
    ];

    private static Version Of(in CelValue value) => (Version)value.Reference!;

    public static CelValue Make(string text, bool normalize) =>
        Parse(normalize ? Normalize(text) : text, out var fault) is { } version ? version : CelValue.Error(fault);

    /// <summary>Without a leading v, with all three numbers, without leading zeroes.</summary>
    private static string Normalize(string text)
    {
        text = text.StartsWith('v') ? text[1..] : text;
        var core = text.Split(['-', '+'], 2)[0];
        var rest = text[core.Length..];
        var parts = core.Split('.').Select(p => p.Length > 1 ? p.TrimStart('0') is { Length: > 0 } t ? t : "0" : p).ToList();
        while (parts.Count < 3)
        {
            parts.Add("0");
        }

        return string.Join('.', parts) + rest;
    }

    private static Version? Parse(string text, out string fault)
    {
        fault = "Version string empty";
        if (text.Length == 0)
        {
            return null;
        }

        var parts = text.Split('.', 3);
        if (parts.Length != 3)
        {
            fault = "No Major.Minor.Patch elements found";
            return null;
        }

        var patch = parts[2];
        string[] build = [];
        string[] pre = [];
        if (patch.IndexOf('+', StringComparison.Ordinal) is >= 0 and var plus)
        {
            build = patch[(plus + 1)..].Split('.');
            patch = patch[..plus];
        }

        if (patch.IndexOf('-', StringComparison.Ordinal) is >= 0 and var dash)
        {
            pre = patch[(dash + 1)..].Split('.');
            patch = patch[..dash];
        }

        if (Number(parts[0], "Major", out fault) is not { } major || Number(parts[1], "Minor", out fault) is not { } minor || Number(patch, "Patch", out fault) is not { } last)
        {
            return null;
        }

        foreach (var item in pre)
        {
            if (item.Length == 0)
            {
                fault = "Prerelease is empty";
                return null;
            }

            if (item.All(char.IsAsciiDigit) && item.Length > 1 && item[0] == '0')
            {
                fault = $"Numeric PreRelease version must not contain leading zeroes \"{item}\"";
                return null;
            }

            if (!item.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
            {
                fault = $"Invalid character(s) found in prerelease \"{item}\"";
                return null;
            }
        }

        foreach (var item in build)
        {
            if (item.Length == 0)
            {
                fault = "Build meta data is empty";
                return null;
            }

            if (!item.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
            {
                fault = $"Invalid character(s) found in build meta data \"{item}\"";
                return null;
            }
        }

        return new(major, minor, last, pre, text);
    }

    private static ulong? Number(string text, string what, out string fault)
    {
        fault = "";
        if (text.Length == 0 || !text.All(char.IsAsciiDigit))
        {
            fault = $"Invalid character(s) found in {what.ToLowerInvariant()} number \"{text}\"";
            return null;
        }

        if (text.Length > 1 && text[0] == '0')
        {
            fault = $"{what} number must not contain leading zeroes \"{text}\"";
            return null;
        }

        if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
        {
            return value;
        }

        fault = $"strconv.ParseUint: parsing \"{text}\": value out of range";
        return null;
    }

    private sealed class Version(ulong major, ulong minor, ulong patch, string[] pre, string text) : CelOpaque(Type), IComparable<Version>
    {
        private readonly string[] _pre = pre;

        public ulong Major => major;

        public ulong Minor => minor;

        public ulong Patch => patch;

        public int CompareTo(Version? other)
        {
            var order = (major, minor, patch).CompareTo((other!.Major, other.Minor, other.Patch));
            if (order != 0)
            {
                return Math.Sign(order);
            }

            if (_pre.Length == 0 || other._pre.Length == 0)
            {
                // A release comes after its previews.
                return (_pre.Length == 0 ? 1 : 0) - (other._pre.Length == 0 ? 1 : 0);
            }

            for (var i = 0; i < Math.Min(_pre.Length, other._pre.Length); i++)
            {
                if (Part(_pre[i], other._pre[i]) is not 0 and var part)
                {
                    return part;
                }
            }

            return Math.Sign(_pre.Length - other._pre.Length);
        }

        public override bool ValueEquals(CelReference other) => other is Version version && CompareTo(version) == 0;

        public override int ValueHash() => HashCode.Combine(major, minor, patch);

        public override string ToString() => text;

        private static int Part(string left, string right)
        {
            var leftNumber = ulong.TryParse(left, NumberStyles.None, CultureInfo.InvariantCulture, out var a);
            var rightNumber = ulong.TryParse(right, NumberStyles.None, CultureInfo.InvariantCulture, out var b);
            return (leftNumber, rightNumber) switch
            {
                (true, true) => a.CompareTo(b),
                (true, false) => -1,
                (false, true) => 1,
                _ => Math.Sign(string.CompareOrdinal(left, right)),
            };
        }
    }
}
