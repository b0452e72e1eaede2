using System.Globalization;
using System.Text;

namespace Orchestrator.Agent.Http;

/// <summary>Writes metrics in Prometheus' text format.</summary>
internal static class MetricsText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static void Head(StringBuilder text, string name, string type, string help) =>
        text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

    /// <param name="text">Where to.</param>
    /// <param name="series">The name with its labels.</param>
    /// <param name="value">The value.</param>
    /// <param name="at">Milliseconds since 1970, or null for the moment of the scrape.</param>
    public static void Value(StringBuilder text, string series, double value, long? at)
    {
        text.Append(series).Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture));
        if (at is { } time)
        {
            text.Append(' ').Append(time.ToString(CultureInfo.InvariantCulture));
        }

        text.Append('\n');
    }
}
