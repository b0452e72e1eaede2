using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.CustomResources.Schemas;
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
                return WordyDuration.TryParse(text, out var nanoseconds) ? CelValue.Duration(nanoseconds)
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
}
