using System.Globalization;
using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.Json;

namespace Orchestrator.ApiServer.Patch;

/// <summary>JSON trees as Go prints them in error texts.</summary>
internal static class GoFormat
{
    /// <summary><c>%v</c>: <c>map[a:1 b:[x y]]</c>.</summary>
    public static string Value(object? value) => AppendValue(new StringBuilder(), value).ToString();

    /// <summary><c>%s</c> of what should be a text and may be any scalar: <c>%!s(int64=1)</c>.</summary>
    public static string Text(object? value) => ValueTree.Plain(value) switch
    {
        null => "%!s(<nil>)",
        (bool or long or double) and var scalar => $"%!s({TypeOf(scalar)}={Value(scalar)})",
        var other => Value(other),
    };

    /// <summary><c>%#v</c>: <c>map[string]interface {}{"a":1}</c>.</summary>
    public static string Syntax(object? value) => AppendSyntax(new StringBuilder(), value).ToString();

    /// <summary>Go's name of the dynamic type of a decoded JSON value.</summary>
    public static string TypeOf(object? value) => ValueTree.Plain(value) switch
    {
        null => "nil",
        string => "string",
        bool => "bool",
        long => "int64",
        double => "float64",
        IApiList => "[]interface {}",
        _ => "map[string]interface {}",
    };

    /// <summary>A float with the fewest digits, exponent below 1e-4 and from 1e6 on, as <c>%v</c> has it.</summary>
    public static string Double(double value)
    {
        // The shortest digits that come back as the same number, as .NET's round trip gives them too.
        var shortest = value.ToString("E16", CultureInfo.InvariantCulture);
        for (var digits = 0; digits < 16; digits++)
        {
            var text = value.ToString("E" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
            if (double.Parse(text, CultureInfo.InvariantCulture).Equals(value))
            {
                shortest = text;
                break;
            }
        }

        var magnitude = Math.Abs(value);
        if (magnitude != 0 && magnitude is < 1e-4 or >= 1e6)
        {
            var cut = shortest.IndexOf('E', StringComparison.Ordinal);
            var exponent = int.Parse(shortest.AsSpan(cut + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            return shortest[..cut] + "e" + (exponent < 0 ? "-" : "+") + Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture);
        }

        return value.ToString("R", CultureInfo.InvariantCulture);
    }

    private static StringBuilder AppendValue(StringBuilder text, object? value)
    {
        value = ValueTree.Plain(value);
        switch (value)
        {
            case null:
                return text.Append("<nil>");
            case string s:
                return text.Append(s);
            case bool flag:
                return text.Append(flag ? "true" : "false");
            case long number:
                return text.Append(number);
            case double number:
                return text.Append(Double(number));
        }

        if (ValueTree.AsList(value) is { } list)
        {
            text.Append('[');
            for (var i = 0; i < list.Count; i++)
            {
                AppendValue(i > 0 ? text.Append(' ') : text, list.ItemAt(i));
            }

            return text.Append(']');
        }

        var map = ValueTree.AsMap(value)!;
        text.Append("map[");
        for (var i = 0; i < map.Count; i++)
        {
            AppendValue((i > 0 ? text.Append(' ') : text).Append(map.KeyAt(i)).Append(':'), map.ValueAt(i));
        }

        return text.Append(']');
    }

    private static StringBuilder AppendSyntax(StringBuilder text, object? value)
    {
        value = ValueTree.Plain(value);
        switch (value)
        {
            case null:
                return text.Append("interface {}(nil)");
            case string s:
                return text.Append(GoText.Quote(s));
            case bool or long or double:
                return AppendValue(text, value);
        }

        if (ValueTree.AsList(value) is { } list)
        {
            text.Append("[]interface {}{");
            for (var i = 0; i < list.Count; i++)
            {
                AppendSyntax(i > 0 ? text.Append(", ") : text, list.ItemAt(i));
            }

            return text.Append('}');
        }

        var map = ValueTree.AsMap(value)!;
        text.Append("map[string]interface {}{");
        for (var i = 0; i < map.Count; i++)
        {
            AppendSyntax((i > 0 ? text.Append(", ") : text).Append(GoText.Quote(map.KeyAt(i))).Append(':'), map.ValueAt(i));
        }

        return text.Append('}');
    }
}
