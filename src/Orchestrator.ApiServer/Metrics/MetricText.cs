using System.Buffers;
using System.Globalization;
using System.Text;

namespace Orchestrator.ApiServer.Metrics;

/// <summary>The Prometheus text format, version 0.0.4.</summary>
internal static class MetricText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";

    public static void Header(IBufferWriter<byte> output, string name, string help, string type)
    {
        Write(output, $"# HELP {name} {help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\n# TYPE {name} {type}\n");
    }

    public static void Sample(IBufferWriter<byte> output, string name, string labels, double value) => Write(output, $"{name}{labels} {Number(value)}\n");

    /// <summary>Names and values as they stand behind a metric's name: <c>{a="b",c="d"}</c>; "" for none.</summary>
    public static string Labels(ReadOnlySpan<string> names, ReadOnlySpan<string> values)
    {
        if (names.Length != values.Length)
        {
            throw new ArgumentException($"{names.Length} labels take {names.Length} values, not {values.Length}", nameof(values));
        }

        if (names.Length == 0)
        {
            return "";
        }

        var text = new StringBuilder("{");
        for (var i = 0; i < names.Length; i++)
        {
            _ = text.Append(i > 0 ? "," : "").Append(names[i]).Append("=\"");
            foreach (var c in values[i])
            {
                _ = c switch
                {
                    '\\' => text.Append(@"\\"),
                    '"' => text.Append("\\\""),
                    '\n' => text.Append(@"\n"),
                    _ => text.Append(c),
                };
            }

            text.Append('"');
        }

        return text.Append('}').ToString();
    }

    /// <summary>Labels with one more at the end.</summary>
    public static string With(string labels, string name, string value) =>
        labels.Length == 0 ? $"{{{name}=\"{value}\"}}" : $"{labels[..^1]},{name}=\"{value}\"}}";

    /// <summary>A number as Go prints it, which is what recorded dashboards' <c>le</c> labels match by.</summary>
    public static string Number(double value)
    {
        if (double.IsInfinity(value) || double.IsNaN(value))
        {
            return double.IsNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
        }

        // Go's %g: exponents below 1e-4, and from 1e6 on unless there are more digits than that before the point.
        var size = Math.Abs(value);
        if (size is 0 or (>= 1e-4 and < 1e6))
        {
            return value.ToString("R", CultureInfo.InvariantCulture);
        }

        // Shortest digits, an exponent of at least two digits.
        var text = value.ToString("E16", CultureInfo.InvariantCulture);
        var shortest = value.ToString("R", CultureInfo.InvariantCulture);
        var exponent = int.Parse(text.AsSpan(text.IndexOf('E', StringComparison.Ordinal) + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var digits = new string(shortest.AsSpan(0, shortest.IndexOf('E', StringComparison.Ordinal) is >= 0 and var e ? e : shortest.Length).ToArray().Where(char.IsAsciiDigit).ToArray()).Trim('0');
        var mantissa = digits.Length > 1 ? digits[..1] + "." + digits[1..] : digits;
        return $"{(value < 0 ? "-" : "")}{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
    }

    private static void Write(IBufferWriter<byte> output, string text)
    {
        var span = output.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        output.Advance(Encoding.UTF8.GetBytes(text, span));
    }
}
