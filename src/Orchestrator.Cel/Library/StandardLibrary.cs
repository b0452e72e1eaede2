using System.Globalization;
using System.Text;
using Orchestrator.Cel.Syntax;
using Orchestrator.Cel.Types;
using Orchestrator.Cel.Values;
using static Orchestrator.Cel.Library.Declare;
using T = Orchestrator.Cel.Types.CelType;

namespace Orchestrator.Cel.Library;

/// <summary>The functions and operators of the language itself.</summary>
internal static class StandardLibrary
{
    public static IEnumerable<CelFunction> Functions() =>
    [
        Function(Operators.Conditional, Operator("conditional", [T.Bool, A, A], A)),
        Function(Operators.And, Operator("logical_and", [T.Bool, T.Bool], T.Bool)),
        Function(Operators.Or, Operator("logical_or", [T.Bool, T.Bool], T.Bool)),
        Function(Operators.Not, Operator("logical_not", [T.Bool], T.Bool)),
        Function(Operators.NotStrictlyFalse, Operator("not_strictly_false", [T.Bool], T.Bool)),
        Function(Operators.Equal, Operator("equals", [A, A], T.Bool)),
        Function(Operators.NotEqual, Operator("not_equals", [A, A], T.Bool)),
        Function(Operators.Less, Comparisons("less")),
        Function(Operators.LessEqual, Comparisons("less_equals")),
        Function(Operators.Greater, Comparisons("greater")),
        Function(Operators.GreaterEqual, Comparisons("greater_equals")),
        Function(
            Operators.Add,
            Operator("add_bytes", [T.Bytes, T.Bytes], T.Bytes),
            Operator("add_double", [T.Double, T.Double], T.Double),
            Operator("add_duration_duration", [T.Duration, T.Duration], T.Duration),
            Operator("add_duration_timestamp", [T.Duration, T.Timestamp], T.Timestamp),
            Operator("add_timestamp_duration", [T.Timestamp, T.Duration], T.Timestamp),
            Operator("add_int64", [T.Int, T.Int], T.Int),
            Operator("add_list", [ListOfA, ListOfA], ListOfA),
            Operator("add_string", [T.String, T.String], T.String),
            Operator("add_uint64", [T.UInt, T.UInt], T.UInt)),
        Function(
            Operators.Subtract,
            Operator("subtract_double", [T.Double, T.Double], T.Double),
            Operator("subtract_duration_duration", [T.Duration, T.Duration], T.Duration),
            Operator("subtract_int64", [T.Int, T.Int], T.Int),
            Operator("subtract_timestamp_duration", [T.Timestamp, T.Duration], T.Timestamp),
            Operator("subtract_timestamp_timestamp", [T.Timestamp, T.Timestamp], T.Duration),
            Operator("subtract_uint64", [T.UInt, T.UInt], T.UInt)),
        Function(
            Operators.Multiply,
            Operator("multiply_double", [T.Double, T.Double], T.Double),
            Operator("multiply_int64", [T.Int, T.Int], T.Int),
            Operator("multiply_uint64", [T.UInt, T.UInt], T.UInt)),
        Function(
            Operators.Divide,
            Operator("divide_double", [T.Double, T.Double], T.Double),
            Operator("divide_int64", [T.Int, T.Int], T.Int),
            Operator("divide_uint64", [T.UInt, T.UInt], T.UInt)),
        Function(Operators.Modulo, Operator("modulo_int64", [T.Int, T.Int], T.Int), Operator("modulo_uint64", [T.UInt, T.UInt], T.UInt)),
        Function(Operators.Negate, Operator("negate_double", [T.Double], T.Double), Operator("negate_int64", [T.Int], T.Int)),
        Function(
            Operators.Index,
            Operator("index_list", [ListOfA, T.Int], A),
            Operator("index_map", [MapOfAB, A], B),
            Operator("optional_list_index_int", [T.Optional(ListOfA), T.Int], T.Optional(A)),
            Operator("optional_map_index_value", [T.Optional(MapOfAB), A], T.Optional(B))),
        Function(
            Operators.OptIndex,
            Operator("list_optindex_optional_int", [ListOfA, T.Int], T.Optional(A)),
            Operator("optional_list_optindex_optional_int", [T.Optional(ListOfA), T.Int], T.Optional(A)),
            Operator("map_optindex_optional_value", [MapOfAB, A], T.Optional(B)),
            Operator("optional_map_optindex_optional_value", [T.Optional(MapOfAB), A], T.Optional(B))),
        Function(Operators.In, Operator("in_list", [A, ListOfA], T.Bool), Operator("in_map", [A, MapOfAB], T.Bool)),
        Function(
            Operators.MapInsert,
            Global("@mapInsert_map_map", [MapOfAB, MapOfAB], MapOfAB, a => Insert(a[0].AsMap, a[1].AsMap)),
            Global("@mapInsert_map_key_value", [MapOfAB, A, B], MapOfAB, a => Insert(a[0].AsMap, a[1], a[2]))),
        Function(
            "size",
            Global("size_bytes", [T.Bytes], T.Int, Size),
            Member("bytes_size", [T.Bytes], T.Int, Size),
            Global("size_list", [ListOfA], T.Int, Size),
            Member("list_size", [ListOfA], T.Int, Size),
            Global("size_map", [MapOfAB], T.Int, Size),
            Member("map_size", [MapOfAB], T.Int, Size),
            Global("size_string", [T.String], T.Int, Size),
            Member("string_size", [T.String], T.Int, Size)),
        Function("contains", Member("contains_string", [T.String, T.String], T.Bool, a => a[0].AsString.Contains(a[1].AsString, StringComparison.Ordinal))),
        Function("startsWith", Member("starts_with_string", [T.String, T.String], T.Bool, a => a[0].AsString.StartsWith(a[1].AsString, StringComparison.Ordinal))),
        Function("endsWith", Member("ends_with_string", [T.String, T.String], T.Bool, a => a[0].AsString.EndsWith(a[1].AsString, StringComparison.Ordinal))),
        Function(
            "matches",
            Global("matches", [T.String, T.String], T.Bool, Matches),
            Member("matches_string", [T.String, T.String], T.Bool, Matches)),
        Function("dyn", Global("to_dyn", [A], T.Dyn, a => a[0])),
        Function("type", Global("type", [A], T.TypeOf(A), a => a[0].Type)),
        Function("bool", Global("bool_to_bool", [T.Bool], T.Bool, a => a[0]), Global("string_to_bool", [T.String], T.Bool, ToBool)),
        Function(
            "bytes",
            Global("bytes_to_bytes", [T.Bytes], T.Bytes, a => a[0]),
            Global("string_to_bytes", [T.String], T.Bytes, a => new CelBytes(Encoding.UTF8.GetBytes(a[0].AsString)))),
        Function(
            "double",
            Global("double_to_double", [T.Double], T.Double, a => a[0]),
            Global("int64_to_double", [T.Int], T.Double, a => CelValue.Double(a[0].AsInt)),
            Global("string_to_double", [T.String], T.Double, ToDouble),
            Global("uint64_to_double", [T.UInt], T.Double, a => CelValue.Double(a[0].AsUInt))),
        Function(
            "int",
            Global("int64_to_int64", [T.Int], T.Int, a => a[0]),
            Global("double_to_int64", [T.Double], T.Int, a => DoubleToInt(a[0].AsDouble)),
            Global("duration_to_int64", [T.Duration], T.Int, a => CelValue.Int(a[0].AsNanoseconds)),
            Global("string_to_int64", [T.String], T.Int, ToInt),
            Global("timestamp_to_int64", [T.Timestamp], T.Int, a => CelValue.Int(a[0].AsTimestamp.Seconds)),
            Global("uint64_to_int64", [T.UInt], T.Int, a => a[0].AsUInt > long.MaxValue ? CelError.IntOverflow : CelValue.Int((long)a[0].AsUInt))),
        Function(
            "uint",
            Global("uint64_to_uint64", [T.UInt], T.UInt, a => a[0]),
            Global("double_to_uint64", [T.Double], T.UInt, a => DoubleToUInt(a[0].AsDouble)),
            Global("int64_to_uint64", [T.Int], T.UInt, a => a[0].AsInt < 0 ? CelError.UIntOverflow : CelValue.UInt((ulong)a[0].AsInt)),
            Global("string_to_uint64", [T.String], T.UInt, ToUInt)),
        Function(
            "string",
            Global("string_to_string", [T.String], T.String, a => a[0]),
            Global("bool_to_string", [T.Bool], T.String, a => a[0].ToString()),
            Global("bytes_to_string", [T.Bytes], T.String, BytesToString),
            Global("double_to_string", [T.Double], T.String, a => GoNumbers.Format(a[0].AsDouble)),
            Global("duration_to_string", [T.Duration], T.String, a => CelDurations.SecondsString(a[0].AsNanoseconds)),
            Global("int64_to_string", [T.Int], T.String, a => a[0].ToString()),
            Global("timestamp_to_string", [T.Timestamp], T.String, a => a[0].ToString()),
            Global("uint64_to_string", [T.UInt], T.String, a => a[0].ToString())),
        Function(
            "timestamp",
            Global("timestamp_to_timestamp", [T.Timestamp], T.Timestamp, a => a[0]),
            Global("string_to_timestamp", [T.String], T.Timestamp, ToTimestamp),
            Global("int64_to_timestamp", [T.Int], T.Timestamp, SecondsToTimestamp)),
        Function(
            "duration",
            Global("duration_to_duration", [T.Duration], T.Duration, a => a[0]),
            Global("string_to_duration", [T.String], T.Duration, ToDuration),
            Global("int64_to_duration", [T.Int], T.Duration, a => CelValue.Duration(a[0].AsInt))),
        .. TimeParts.Functions(),
    ];

    private static CelOverload[] Comparisons(string name)
    {
        var overloads = new List<CelOverload>();
        Add("bool", T.Bool, T.Bool);
        Add("int64", T.Int, T.Int);
        Add("int64_double", T.Int, T.Double);
        Add("int64_uint64", T.Int, T.UInt);
        Add("uint64", T.UInt, T.UInt);
        Add("uint64_double", T.UInt, T.Double);
        Add("uint64_int64", T.UInt, T.Int);
        Add("double", T.Double, T.Double);
        Add("double_int64", T.Double, T.Int);
        Add("double_uint64", T.Double, T.UInt);
        Add("string", T.String, T.String);
        Add("bytes", T.Bytes, T.Bytes);
        Add("timestamp", T.Timestamp, T.Timestamp);
        Add("duration", T.Duration, T.Duration);
        return [.. overloads];

        void Add(string suffix, CelType left, CelType right) => overloads.Add(Operator($"{name}_{suffix}", [left, right], T.Bool));
    }

    private static CelValue Size(CelValue[] a) => a[0].Kind switch
    {
        CelKind.String => CelValue.Int(Text.Length(a[0].AsString)),
        CelKind.Bytes => CelValue.Int(a[0].AsBytes.Data.Length),
        CelKind.List => CelValue.Int(a[0].AsList.Count),
        _ => CelValue.Int(a[0].AsMap.Count),
    };

    private static CelValue Matches(CelValue[] a) =>
        GoRegex.Get(a[1].AsString, out var fault) is { } regex ? regex.IsMatch(a[0].AsString) : CelValue.Error(fault);

    private static CelValue Insert(CelMap map, CelMap more)
    {
        var result = Copy(map);
        foreach (var key in more.Keys)
        {
            more.TryGet(key, out var value);
            if (!result.TryAdd(key, value))
            {
                return Exists(key);
            }
        }

        return result;
    }

    private static CelValue Insert(CelMap map, in CelValue key, in CelValue value)
    {
        var result = Copy(map);
        return result.TryAdd(key, value) ? result : Exists(key);
    }

    private static CelValue Exists(in CelValue key) => CelValue.Error($"insert failed: key {key} already exists");

    private static CelDictionary Copy(CelMap map)
    {
        var result = new CelDictionary();
        foreach (var key in map.Keys)
        {
            map.TryGet(key, out var value);
            result.TryAdd(key, value);
        }

        return result;
    }

    private static CelValue ToBool(CelValue[] a) => a[0].AsString switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => CelValue.True,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => CelValue.False,
        _ => Unconverted("bool"),
    };

    private static CelValue ToDouble(CelValue[] a)
    {
        var text = a[0].AsString;
        if (text.Trim() == text && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
        {
            return double.IsInfinity(value) && !text.Contains("nf", StringComparison.OrdinalIgnoreCase) ? Unconverted("double") : CelValue.Double(value);
        }

        return text.TrimStart('+', '-').ToUpperInvariant() switch
        {
            "INF" or "INFINITY" => CelValue.Double(text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity),
            "NAN" => CelValue.Double(double.NaN),
            _ => Unconverted("double"),
        };
    }

    private static CelValue ToInt(CelValue[] a) =>
        long.TryParse(a[0].AsString, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? CelValue.Int(value) : Unconverted("int");

    private static CelValue ToUInt(CelValue[] a) =>
        ulong.TryParse(a[0].AsString, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? CelValue.UInt(value) : Unconverted("uint");

    private static CelValue Unconverted(string type) => CelValue.Error($"type conversion error from 'string' to '{type}'");

    private static CelValue DoubleToInt(double value) =>
        double.IsNaN(value) || value <= long.MinValue || value >= 9223372036854775808.0 ? CelError.IntOverflow : CelValue.Int((long)value);

    private static CelValue DoubleToUInt(double value) =>
        double.IsNaN(value) || value < 0 || value >= 18446744073709551616.0 ? CelError.UIntOverflow : CelValue.UInt((ulong)value);

    private static CelValue BytesToString(CelValue[] a)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(a[0].AsBytes.Data.Span);
        }
        catch (DecoderFallbackException)
        {
            return CelValue.Error("invalid UTF-8 in bytes, cannot convert to string");
        }
    }

    private static CelValue ToTimestamp(CelValue[] a)
    {
        var text = a[0].AsString;
        return CelTimestamp.TryParse(text, out var timestamp)
            ? timestamp!
            : Unconverted("google.protobuf.Timestamp");
    }

    private static CelValue SecondsToTimestamp(CelValue[] a) =>
        a[0].AsInt is < CelTimestamp.SecondsMin or > CelTimestamp.SecondsMax ? CelError.TimestampOverflow : new CelTimestamp(a[0].AsInt, 0);

    private static CelValue ToDuration(CelValue[] a) => CelDurations.TryParse(a[0].AsString, out var duration)
        ? CelValue.Duration(duration)
        : Unconverted("google.protobuf.Duration");

    /// <summary>A text in Go's quotes (<c>%q</c>).</summary>
    internal static string Quote(string text)
    {
        var result = new StringBuilder("\"");
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '"' => result.Append("\\\""),
                '\\' => result.Append("\\\\"),
                '\a' => result.Append("\\a"),
                '\b' => result.Append("\\b"),
                '\f' => result.Append("\\f"),
                '\n' => result.Append("\\n"),
                '\r' => result.Append("\\r"),
                '\t' => result.Append("\\t"),
                '\v' => result.Append("\\v"),
                < 32 or 127 => result.Append("\\x").Append(rune.Value.ToString("x2", CultureInfo.InvariantCulture)),
                _ => result.Append(rune.ToString()),
            };
        }

        return result.Append('"').ToString();
    }
}
