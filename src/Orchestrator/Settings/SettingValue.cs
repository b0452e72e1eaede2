using System.Globalization;
using System.Net;
using Orchestrator.Api;

namespace Orchestrator.Settings;

/// <summary>How the text of a setting becomes a value.</summary>
/// <param name="Label">What the help calls such a value.</param>
/// <param name="Expectation">Ends the sentence "is not ..." in the error for a text that cannot be read.</param>
/// <param name="TryParse">False for a text that cannot be read.</param>
internal sealed record SettingValue<T>(string Label, string Expectation, SettingValue<T>.Parser TryParse)
{
    public delegate bool Parser(string text, out T value);
}

internal static class SettingValue
{
    public static SettingValue<string> Text(string label) =>
        new(label, "a text", static (string text, out string value) => (value = text).Length > 0);

    public static SettingValue<string?> OptionalText(string label) =>
        new(label, "a text", static (string text, out string? value) => (value = text).Length > 0);

    public static SettingValue<string> Path(string label) =>
        new(label, "a path", static (string text, out string value) => TryFullPath(text, out value!));

    public static SettingValue<string?> OptionalPath(string label) => new(label, "a path", TryFullPath);

    public static SettingValue<bool> Bool { get; } =
        new("BOOL", "true or false", static (string text, out bool value) => bool.TryParse(text, out value));

    public static SettingValue<int> Port { get; } = new("PORT", "a port from 1 to 65535", static (string text, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value is >= 1 and <= 65535);

    public static SettingValue<int> Count(int minimum, int maximum) =>
        new("N", $"a number from {minimum} to {maximum}", (string text, out int value) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= minimum && value <= maximum);

    public static SettingValue<IPAddress> Address { get; } =
        new("ADDR", "an IP address", static (string text, out IPAddress value) => IPAddress.TryParse(text, out value!));

    public static SettingValue<IPAddress?> OptionalAddress { get; } =
        new("ADDR", "an IP address", static (string text, out IPAddress? value) => IPAddress.TryParse(text, out value));

    public static SettingValue<IPNetwork> Network { get; } = new("CIDR", "a network such as 10.96.0.0/16", static (string text, out IPNetwork value) =>
        IPNetwork.TryParse(text, out value));

    public static SettingValue<Uri?> OptionalUrl { get; } = new("URL", "an https URL", static (string text, out Uri? value) =>
        Uri.TryCreate(text, UriKind.Absolute, out value) && value.Scheme == Uri.UriSchemeHttps);

    public static SettingValue<string[]> List(string label) => new(label, "a list with commas", static (string text, out string[] value) =>
        (value = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Length > 0);

    /// <summary>Upstream's notation, of the signals that this node measures.</summary>
    public static SettingValue<string[]> EvictionThresholds { get; } = new(
        "SIGNAL<N,...", "a list such as memory.available<100Mi,nodefs.available<10%", static (string text, out string[] value) =>
            (value = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Length > 0 && value.All(IsEvictionThreshold));

    /// <summary>Go's notation without fractions, <c>1h30m</c>, since that is what operators know from upstream's flags.</summary>
    public static SettingValue<TimeSpan> Duration { get; } = new("DURATION", "a duration such as 30s or 1h30m", TryDuration);

    public static SettingValue<T> OneOf<T>(params (string Name, T Value)[] choices)
    {
        var names = string.Join('|', choices.Select(choice => choice.Name));
        return new(names, names.Replace("|", " or "), (string text, out T value) =>
        {
            foreach (var choice in choices)
            {
                if (choice.Name == text)
                {
                    value = choice.Value;
                    return true;
                }
            }

            value = choices[0].Value;
            return false;
        });
    }

    private static bool IsEvictionThreshold(string text) =>
        text.Split('<') is ["memory.available" or "nodefs.available" or "nodefs.inodesFree", { Length: > 0 } amount]
        && (amount[^1] == '%'
            ? double.TryParse(amount.AsSpan(0, amount.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent) && percent <= 100
            : Quantity.TryParse(amount, out _));

    private static bool TryFullPath(string text, out string? path)
    {
        path = text.Length == 0 || text.Contains('\0') ? null : System.IO.Path.GetFullPath(text);
        return path is not null;
    }

    private static bool TryDuration(string text, out TimeSpan value)
    {
        value = TimeSpan.Zero;
        var number = -1L;
        for (var index = 0; index < text.Length; index++)
        {
            if (char.IsAsciiDigit(text[index]))
            {
                number = (Math.Max(number, 0) * 10) + (text[index] - '0');
                if (number > int.MaxValue)
                {
                    return false;
                }

                continue;
            }

            if (number < 0)
            {
                return false;
            }

            var milliseconds = text[index] == 'm' && index + 1 < text.Length && text[index + 1] == 's';
            var unit = text[index] switch
            {
                'h' => TimeSpan.FromHours(1),
                'm' when milliseconds => TimeSpan.FromMilliseconds(1),
                'm' => TimeSpan.FromMinutes(1),
                's' => TimeSpan.FromSeconds(1),
                _ => TimeSpan.Zero,
            };
            if (unit == TimeSpan.Zero)
            {
                return false;
            }

            index += milliseconds ? 1 : 0;
            value += unit * number;
            number = -1;
        }

        return text.Length > 0 && number < 0;
    }
}
