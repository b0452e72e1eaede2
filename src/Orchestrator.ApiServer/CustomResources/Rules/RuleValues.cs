using System.Globalization;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Cel.Values;

namespace Orchestrator.ApiServer.CustomResources.Rules;

/// <summary>Values of an object's JSON tree as rules see them.</summary>
internal static class RuleValues
{
    public static CelValue Of(object? value, RuleType type)
    {
        if (value is null)
        {
            return type.IsNullable ? CelValue.Null : CelValue.Error($"invalid data, got null for schema with nullable=false");
        }

        if (type.IsIntOrString)
        {
            return value switch
            {
                string text => text,
                long number => number,
                _ => CelValue.Error("invalid data, expected XIntOrString value to be either a string or integer"),
            };
        }

        return type.Type switch
        {
            "object" => value is IApiMap map ? (type.Values is { } values ? new RuleMap(map, values) : new RuleObject(map, type))
                : CelValue.Error("invalid data, expected a map for the provided schema with type=object"),
            "array" => value is IApiList list ? new RuleList(list, type) : CelValue.Error("invalid data, expected an array for the provided schema with type=array"),
            "string" => value is string text ? Text(text, type.Format) : CelValue.Error("invalid data, expected string"),
            "number" => value switch
            {
                long whole => CelValue.Double(whole),
                double real => CelValue.Double(real),
                _ => CelValue.Error("invalid data, expected number"),
            },
            "integer" => value switch
            {
                long whole => whole,
                double real when double.IsInteger(real) => (long)real,
                _ => CelValue.Error("invalid data, expected integer"),
            },
            "boolean" => value is bool flag ? flag : CelValue.Error("invalid data, expected boolean"),
            _ => CelValue.Error($"invalid data, unsupported schema type"),
        };
    }

    private static CelValue Text(string text, string format)
    {
        switch (format)
        {
            case "duration":
                return CelDurations.TryParse(text, out var nanoseconds) ? CelValue.Duration(nanoseconds)
                    : TryLongDuration(text, out nanoseconds) ? CelValue.Duration(nanoseconds)
                    : CelValue.Error($"invalid duration string {GoText.Quote(text)}: unable to parse {GoText.Quote(text)} as duration");
            case "date":
                return CelTimestamp.TryParse(text + "T00:00:00Z", out var day) ? day! : CelValue.Error($"invalid date formatted string {GoText.Quote(text)}");
            case "date-time":
                return CelTimestamp.TryParse(text.ToUpperInvariant().Replace(' ', 'T'), out var moment) ? moment!
                    : CelValue.Error($"invalid date-time formatted string {GoText.Quote(text)}");
            case "byte":
                try
                {
                    return new CelBytes(Convert.FromBase64String(text));
                }
                catch (FormatException)
                {
                    return CelValue.Error($"invalid base64 formatted string {GoText.Quote(text)}");
                }

            default:
                return text;
        }
    }

    /// <summary>Durations in words: <c>3 days</c>.</summary>
    private static bool TryLongDuration(string text, out long nanoseconds)
    {
        nanoseconds = 0;
        var unit = text.AsSpan().TrimStart("0123456789.");
        if (unit.Length == text.Length || !double.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count))
        {
            return false;
        }

        double? factor = unit.Trim() switch
        {
            "ns" or "nano" or "nanos" or "nanosecond" or "nanoseconds" => 1,
            "us" or "micro" or "micros" or "microseconds" => 1e3,
            "ms" or "milli" or "millis" or "milliseconds" => 1e6,
            "s" or "sec" or "secs" or "second" or "seconds" => 1e9,
            "m" or "min" or "mins" or "minute" or "minutes" => 60e9,
            "h" or "hr" or "hour" or "hours" => 3600e9,
            "d" or "day" or "days" => 86400e9,
            "w" or "wk" or "week" or "weeks" => 604800e9,
            _ => null,
        };
        if (factor is not { } by || count * by > long.MaxValue)
        {
            return false;
        }

        nanoseconds = (long)(count * by);
        return true;
    }
}
