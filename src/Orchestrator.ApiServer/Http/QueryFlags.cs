using Microsoft.Extensions.Primitives;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Http;

/// <summary>Query parameters as upstream reads them.</summary>
internal static class QueryFlags
{
    /// <summary>A flag: absent and "false" and "0" are false, all else is true.</summary>
    public static bool IsTrue(StringValues value) => value.Count > 0 && !(value[0]!.Equals("false", StringComparison.OrdinalIgnoreCase) || value[0] == "0");

    /// <summary>A text: the first of several, as Go takes it; "" if absent.</summary>
    public static string Text(StringValues value) => value.Count == 0 ? "" : value[0] ?? "";

    public static bool? Flag(StringValues value) => value.Count == 0 ? null : IsTrue(value);

    /// <summary>A number; null if absent.</summary>
    /// <exception cref="ApiException">400 with Go's message.</exception>
    public static long? Number(StringValues value)
    {
        if (value.Count == 0)
        {
            return null;
        }

        var text = value[0]!;
        if (long.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        var digits = text.AsSpan().TrimStart("+-");
        var outOfRange = digits.Length > 0 && !digits.ContainsAnyExceptInRange('0', '9');
        throw Errors.BadRequest($"strconv.ParseInt: parsing {GoText.Quote(text)}: {(outOfRange ? "value out of range" : "invalid syntax")}");
    }
}
