using System.Text;
using Orchestrator.Api.Json;

namespace Orchestrator.Api;

/// <summary>JSON that is kept as it came: embedded objects, field sets, revision data. Holds valid UTF-8 JSON; the bytes are never changed.</summary>
public sealed class RawJson(ReadOnlyMemory<byte> utf8) : IEquatable<RawJson>
{
    private object? _value;
    private bool _parsed;

    public ReadOnlyMemory<byte> Utf8 { get; } = utf8;

    /// <summary>What the server has decoded these bytes into (field sets), kept beside them since objects share both. Set at most once with a meaning.</summary>
    internal object? Decoded { get; set; }

    /// <summary>The value as a JSON tree (maps, lists, string, long, double, bool, null); parsed once.</summary>
    public object? Value
    {
        get
        {
            if (!_parsed)
            {
                _value = ApiJson.ReadValue(Utf8.Span);
                Volatile.Write(ref _parsed, true);
            }

            return _value;
        }
    }

    /// <summary>Wraps a value of the JSON tree or an API object.</summary>
    public static RawJson Of(object? value) => new(ApiJson.WriteValueToArray(value));

    /// <exception cref="System.Text.Json.JsonException">The text is no JSON.</exception>
    public static RawJson Parse(string text)
    {
        var json = new RawJson(Encoding.UTF8.GetBytes(text));
        _ = json.Value;
        return json;
    }

    public bool Equals(RawJson? other) => ReferenceEquals(this, other) || (other is not null && Utf8.Span.SequenceEqual(other.Utf8.Span));

    public override bool Equals(object? obj) => Equals(obj as RawJson);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Utf8.Span);
        return hash.ToHashCode();
    }

    public override string ToString() => Encoding.UTF8.GetString(Utf8.Span);
}
