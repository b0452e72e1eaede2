using System.Globalization;
using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Patch;

namespace Orchestrator.ApiServer.Apply;

/// <summary>One step of a path through an object, as FieldsV1 writes it.</summary>
internal sealed class PathElement : IComparable<PathElement>, IEquatable<PathElement>
{
    private readonly string? _name;
    private readonly KeyValuePair<string, object?>[]? _keys;
    private readonly object? _value;
    private readonly int _index;
    private byte[]? _json;

    private PathElement(PathElementKind kind, string? name, KeyValuePair<string, object?>[]? keys, object? value, int index) =>
        (Kind, _name, _keys, _value, _index) = (kind, name, keys, value, index);

    public PathElementKind Kind { get; }

    /// <summary>The field's name; "" for other kinds.</summary>
    public string Name => _name ?? "";

    /// <summary>The element as a JSON property name with its colon: <c>"f:spec":</c>.</summary>
    public ReadOnlySpan<byte> JsonName => _json ??= Encode(Text());

    /// <summary>The value of a key of one textual field, the commonest kind; null for all others.</summary>
    public string? SingleTextKey => _keys is { Length: 1 } ? _keys[0].Value as string : null;

    public static PathElement Field(string name) => new(PathElementKind.Field, name, null, null, 0);

    /// <summary>An item by its key fields, which this sorts by name. Values are plain JSON scalars.</summary>
    public static PathElement Key(KeyValuePair<string, object?>[] keys)
    {
        if (keys.Length > 1)
        {
            Array.Sort(keys, static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        }

        return new(PathElementKind.Key, null, keys, null, 0);
    }

    public static PathElement Item(object? value) => new(PathElementKind.Value, null, null, value, 0);

    public static PathElement Index(int index) => new(PathElementKind.Index, null, null, null, index);

    /// <summary>Reads an element; null for a prefix that nobody knows.</summary>
    /// <exception cref="FormatException">The text is no element.</exception>
    public static PathElement? Parse(string text)
    {
        if (text.Length < 2)
        {
            throw new FormatException("key must be 2 characters long: " + text);
        }

        if (text[1] != ':')
        {
            throw new FormatException("missing colon: " + text);
        }

        var rest = text[2..];
        try
        {
            return text[0] switch
            {
                'f' => Field(rest),
                'v' => Item(ApiJson.ReadValue(Encoding.UTF8.GetBytes(rest))),
                'k' => ParseKey(rest),
                'i' => Index(int.Parse(rest, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)),
                _ => null,
            };
        }
        catch (Exception broken) when (broken is System.Text.Json.JsonException or ApiDecodeException or OverflowException or InvalidOperationException)
        {
            throw new FormatException("parsing value: " + broken.Message, broken);
        }
    }

    public int CompareTo(PathElement? other)
    {
        if (other is null)
        {
            return 1;
        }

        if (ReferenceEquals(this, other))
        {
            return 0;
        }

        if (Kind != other.Kind)
        {
            return Kind < other.Kind ? -1 : 1;
        }

        return Kind switch
        {
            PathElementKind.Field => GoOrder(_name!, other._name!),
            PathElementKind.Key => CompareKeys(_keys!, other._keys!),
            PathElementKind.Value => CompareValues(_value, other._value),
            _ => _index.CompareTo(other._index),
        };
    }

    public bool Equals(PathElement? other) => other is not null && CompareTo(other) == 0;

    public override bool Equals(object? obj) => Equals(obj as PathElement);

    public override int GetHashCode()
    {
        switch (Kind)
        {
            case PathElementKind.Field:
                return _name!.GetHashCode(StringComparison.Ordinal);
            case PathElementKind.Key:
                var hash = default(HashCode);
                foreach (var (name, value) in _keys!)
                {
                    hash.Add(name);
                    hash.Add(HashOf(value));
                }

                return hash.ToHashCode();
            case PathElementKind.Value:
                return HashOf(_value);
            default:
                return _index;
        }
    }

    /// <summary>As conflicts show it: <c>.spec</c>, <c>[name="c"]</c>, <c>[="x"]</c>, <c>[3]</c>.</summary>
    public override string ToString() => Kind switch
    {
        PathElementKind.Field => "." + _name,
        PathElementKind.Key => "[" + string.Join(",", _keys!.Select(static k => k.Key + "=" + Show(k.Value))) + "]",
        PathElementKind.Value => "[=" + Show(_value) + "]",
        _ => "[" + _index.ToString(CultureInfo.InvariantCulture) + "]",
    };

    /// <summary>Go's byte order of UTF-8, which differs from UTF-16's only beyond the surrogates.</summary>
    private static int GoOrder(string left, string right) => string.CompareOrdinal(left, right);

    private static PathElement ParseKey(string json)
    {
        if (ApiJson.ReadValue(Encoding.UTF8.GetBytes(json)) is not IApiMap map)
        {
            throw new FormatException("parsing key: " + json);
        }

        var keys = new KeyValuePair<string, object?>[map.Count];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = new(map.KeyAt(i), map.ValueAt(i));
        }

        return Key(keys);
    }

    private static int CompareKeys(KeyValuePair<string, object?>[] left, KeyValuePair<string, object?>[] right)
    {
        for (var i = 0; i < left.Length && i < right.Length; i++)
        {
            var order = GoOrder(left[i].Key, right[i].Key);
            if (order == 0)
            {
                order = CompareValues(left[i].Value, right[i].Value);
            }

            if (order != 0)
            {
                return order;
            }
        }

        return left.Length.CompareTo(right.Length);
    }

    /// <summary>Numbers, then texts, then booleans, then lists, maps, null.</summary>
    private static int CompareValues(object? left, object? right)
    {
        switch (left, right)
        {
            case (long a, long b):
                return a.CompareTo(b);
            case (string a, string b):
                return GoOrder(a, b);
            case (long or double, long or double):
                return Convert.ToDouble(left, CultureInfo.InvariantCulture).CompareTo(Convert.ToDouble(right, CultureInfo.InvariantCulture));
            case (bool a, bool b):
                return a.CompareTo(b);
            default:
                var order = Rank(left).CompareTo(Rank(right));
                return order != 0 ? order : string.CompareOrdinal(Json(left), Json(right));
        }
    }

    private static int Rank(object? value) => value switch
    {
        long or double => 0,
        string => 1,
        bool => 2,
        IApiList => 3,
        IApiMap => 4,
        _ => 5,
    };

    private static int HashOf(object? value) => value switch
    {
        null => 0,
        double number when number == Math.Truncate(number) && Math.Abs(number) < 1e15 => ((long)number).GetHashCode(),
        long or double or string or bool => value.GetHashCode(),
        _ => Json(value).GetHashCode(StringComparison.Ordinal),
    };

    private static string Show(object? value) => value switch
    {
        null => "null",
        string text => GoText.Quote(text),
        double number => GoFormat.Double(number),
        IApiList list => "[" + string.Join(",", Enumerable.Range(0, list.Count).Select(i => Show(list.ItemAt(i)))) + "]",
        IApiMap map => string.Concat(Enumerable.Range(0, map.Count).Select(i => map.KeyAt(i) + "=" + Show(map.ValueAt(i)))),
        _ => Json(value),
    };

    private static string Json(object? value) => Encoding.UTF8.GetString(ApiJson.WriteValueToArray(value));

    private string Text()
    {
        switch (Kind)
        {
            case PathElementKind.Field:
                return "f:" + _name;
            case PathElementKind.Value:
                return _value is string text && IsPlain(text) ? "v:\"" + text + "\"" : "v:" + Json(_value);
            case PathElementKind.Index:
                return "i:" + _index.ToString(CultureInfo.InvariantCulture);
            default:
                var keys = new StringBuilder("k:{");
                foreach (var (name, value) in _keys!)
                {
                    keys.Append(keys.Length > 3 ? "," : "");
                    AppendJson(keys, name);
                    AppendJson(keys.Append(':'), value);
                }

                return keys.Append('}').ToString();
        }
    }

    private static void AppendJson(StringBuilder json, object? value)
    {
        if (value is string text && IsPlain(text))
        {
            json.Append('"').Append(text).Append('"');
        }
        else if (value is long number)
        {
            json.Append(number);
        }
        else
        {
            json.Append(Json(value));
        }
    }

    /// <summary>Whether JSON writes a text as it is between its quotes.</summary>
    private static bool IsPlain(string text) => !text.AsSpan().ContainsAnyExceptInRange(' ', '~') && text.AsSpan().IndexOfAny("\"\\<>&") < 0;

    /// <summary>A property name with its colon; quotes are all there is to escape in nearly every element.</summary>
    private static byte[] Encode(string text)
    {
        if (text.AsSpan().ContainsAnyExceptInRange(' ', '~') || text.AsSpan().IndexOfAny("\\<>&") >= 0)
        {
            return [.. ApiJson.WriteValueToArray(text), (byte)':'];
        }

        var bytes = new byte[text.Length + text.AsSpan().Count('"') + 3];
        var at = 0;
        bytes[at++] = (byte)'"';
        foreach (var c in text)
        {
            if (c == '"')
            {
                bytes[at++] = (byte)'\\';
            }

            bytes[at++] = (byte)c;
        }

        bytes[at++] = (byte)'"';
        bytes[at] = (byte)':';
        return bytes;
    }
}
