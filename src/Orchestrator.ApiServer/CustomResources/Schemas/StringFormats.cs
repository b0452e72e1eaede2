using System.Collections.Frozen;
using System.Globalization;
using System.Net.Mail;
using System.Text.RegularExpressions;
using Orchestrator.Api;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.CustomResources.Schemas;

/// <summary>The formats of texts that schemas may ask for (OpenAPI's and those of its Go implementation).</summary>
internal static partial class StringFormats
{
    private static readonly FrozenDictionary<string, Func<string, bool>> Checks = new Dictionary<string, Func<string, bool>>
    {
        ["bsonobjectid"] = static s => s.Length == 24 && s.All(char.IsAsciiHexDigit),
        ["uri"] = static s => Cel.Library.GoUrl.Parse(s, out _) is not null,
        ["email"] = IsEmail,
        ["hostname"] = static s => s.Length <= 255 && Hostname().IsMatch(s) && s.Split('.').All(static p => p.Length <= 63),
        ["ipv4"] = static s => s.Contains('.', StringComparison.Ordinal) && IpFormats.TryParse(s, out _, out _),
        ["ipv6"] = static s => s.Contains(':', StringComparison.Ordinal) && IpFormats.TryParse(s, out _, out var zeros) && !zeros,
        ["cidr"] = static s => IpFormats.TryParseCidr(s, out _, out _, out _),
        ["mac"] = static s => Mac().IsMatch(s),
        ["uuid"] = static s => Uuid().IsMatch(s),
        ["uuid3"] = static s => Uuid3().IsMatch(s),
        ["uuid4"] = static s => Uuid4().IsMatch(s),
        ["uuid5"] = static s => Uuid5().IsMatch(s),
        ["isbn"] = static s => IsIsbn10(s) || IsIsbn13(s),
        ["isbn10"] = IsIsbn10,
        ["isbn13"] = IsIsbn13,
        ["creditcard"] = IsCreditCard,
        ["ssn"] = static s => s.Length == 11 && Ssn().IsMatch(s),
        ["hexcolor"] = static s => HexColor().IsMatch(s),
        ["rgbcolor"] = static s => RgbColor().IsMatch(s),
        ["byte"] = static s => Base64().IsMatch(s),
        ["password"] = static _ => true,
        ["date"] = IsDate,
        ["duration"] = static s => WordyDuration.TryParse(s, out _),
        ["datetime"] = IsDateTime,
        ["k8sshortname"] = Formats.IsDnsLabel,
        ["k8slongname"] = Formats.IsDnsSubdomain,
    }.ToFrozenDictionary();

    /// <summary>Whether values of a type ("" for any) are checked for a format.</summary>
    public static bool IsKnown(string type, string format) => type switch
    {
        "" or "string" => IsOfText(format),
        "integer" => format is "int32" or "int64",
        "number" => format is "float" or "double",
        _ => false,
    };

    /// <summary>Whether a format is known; formats of numbers are.</summary>
    public static bool IsSupported(string format) => format is "int32" or "int64" or "float" or "double" || Checks.ContainsKey(Normal(format));

    /// <summary>Whether the format is one of texts.</summary>
    public static bool IsOfText(string format) => Checks.ContainsKey(Normal(format));

    public static bool Matches(string format, string value) => Checks[Normal(format)](value);

    private static string Normal(string format) => format.Replace("-", "", StringComparison.Ordinal);

    /// <summary>A moment as strfmt reads it: a date, the letter T, a time of day and a zone, in any case.</summary>
    private static bool IsDateTime(string value)
    {
        var parts = value.ToLowerInvariant().Split('t');
        return parts.Length >= 2 && IsDate(parts[0]) && TimeOfDay().Match(parts[1]) is { Success: true, Groups: var time }
            && string.CompareOrdinal(time[1].Value, "23") <= 0 && string.CompareOrdinal(time[2].Value, "59") <= 0 && string.CompareOrdinal(time[3].Value, "59") <= 0;
    }

    private static bool IsDate(string value) => DateOnly.TryParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    /// <summary>As Go reads an address: a name before it needs angle brackets, and no part of it ends in a dot.</summary>
    private static bool IsEmail(string value) =>
        MailAddress.TryCreate(value, out var address) && address.User.Length > 0 && !value.EndsWith('@') && !address.User.EndsWith('.') && !address.Host.EndsWith('.')
        && !value.StartsWith('(') && (address.DisplayName.Length == 0 || value.Contains('<', StringComparison.Ordinal));

    private static bool IsIsbn10(string value)
    {
        var digits = Digits().Replace(value, "");
        if (!Isbn10().IsMatch(digits))
        {
            return false;
        }

        var sum = 0;
        for (var i = 0; i < 9; i++)
        {
            sum += (i + 1) * (digits[i] - '0');
        }

        sum += 10 * (digits[9] == 'X' ? 10 : digits[9] - '0');
        return sum % 11 == 0;
    }

    private static bool IsIsbn13(string value)
    {
        var digits = Digits().Replace(value, "");
        if (digits.Length != 13 || !digits.All(char.IsAsciiDigit))
        {
            return false;
        }

        var sum = 0;
        for (var i = 0; i < 12; i++)
        {
            sum += (i % 2 == 0 ? 1 : 3) * (digits[i] - '0');
        }

        return (10 - (sum % 10)) % 10 == digits[12] - '0';
    }

    private static bool IsCreditCard(string value)
    {
        var digits = NotDigits().Replace(value, "");
        if (!CreditCard().IsMatch(digits))
        {
            return false;
        }

        var sum = 0;
        for (var i = 0; i < digits.Length; i++)
        {
            var digit = digits[^(i + 1)] - '0';
            digit = i % 2 == 1 ? digit * 2 : digit;
            sum += digit > 9 ? digit - 9 : digit;
        }

        return sum % 10 == 0;
    }

    [GeneratedRegex("^([a-zA-Z0-9\\p{S}\\p{L}]((-?[a-zA-Z0-9\\p{S}\\p{L}]{0,62})?)|([a-zA-Z0-9\\p{S}\\p{L}](([a-zA-Z0-9-\\p{S}\\p{L}]{0,61}[a-zA-Z0-9\\p{S}\\p{L}])?)(\\.)){1,}([a-zA-Z\\p{L}]){2,63})\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Hostname();

    [GeneratedRegex("^(?:[0-9a-fA-F]{2}([:-]))(?:[0-9a-fA-F]{2}\\1){4}(?:(?:[0-9a-fA-F]{2}\\1){2})?[0-9a-fA-F]{2}\\z|^(?:[0-9a-fA-F]{4}\\.){2,3}[0-9a-fA-F]{4}\\z|^(?:[0-9a-fA-F]{12}|[0-9a-fA-F]{16}|[0-9a-fA-F]{40})\\z")]
    private static partial Regex Mac();

    [GeneratedRegex("^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\\z", RegexOptions.IgnoreCase)]
    private static partial Regex Uuid();

    [GeneratedRegex("^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}\\z", RegexOptions.IgnoreCase)]
    private static partial Regex Uuid3();

    [GeneratedRegex("^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}\\z", RegexOptions.IgnoreCase)]
    private static partial Regex Uuid4();

    [GeneratedRegex("^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}\\z", RegexOptions.IgnoreCase)]
    private static partial Regex Uuid5();

    [GeneratedRegex("^(?:[0-9]{9}X|[0-9]{10})\\z")]
    private static partial Regex Isbn10();

    [GeneratedRegex("[\\s-]+")]
    private static partial Regex Digits();

    [GeneratedRegex("[^0-9]+")]
    private static partial Regex NotDigits();

    [GeneratedRegex("^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|(222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35\\d{3})\\d{11}|6[27][0-9]{14})\\z")]
    private static partial Regex CreditCard();

    [GeneratedRegex("^\\d{3}[- ]?\\d{2}[- ]?\\d{4}\\z", RegexOptions.ECMAScript)]
    private static partial Regex Ssn();

    [GeneratedRegex("^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})\\z")]
    private static partial Regex HexColor();

    [GeneratedRegex("^rgb\\(\\s*(0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])\\s*,\\s*(0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])\\s*,\\s*(0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])\\s*\\)\\z")]
    private static partial Regex RgbColor();

    [GeneratedRegex("^(?:[A-Za-z0-9+\\/]{4})*(?:[A-Za-z0-9+\\/]{2}==|[A-Za-z0-9+\\/]{3}=|[A-Za-z0-9+\\/]{4})\\z")]
    private static partial Regex Base64();

    [GeneratedRegex("^([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))\\z")]
    private static partial Regex TimeOfDay();
}
