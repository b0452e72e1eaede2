using Orchestrator.Api;

namespace Orchestrator.ApiServer.Apply;

/// <summary>
/// The field sets that objects have in common: all pods of a template own the same fields, so their FieldsV1 is kept once, and read once. Holds
/// the latest; what others push out loses its parsed form, so that stored objects never keep one alive.
/// </summary>
internal static class SharedFields
{
    /// <summary>A power of two. A parsed set of a pod takes about 25 KB.</summary>
    private const int Slots = 1024;

    private static readonly RawJson?[] Known = new RawJson?[Slots];

    /// <summary>The one instance of these bytes, as long as it is among the latest.</summary>
    public static RawJson Of(ReadOnlySpan<byte> json) => Find(json, null);

    /// <summary>The one instance that is equal to another; that itself if there was none.</summary>
    public static RawJson Of(RawJson json) => Find(json.Utf8.Span, json);

    private static RawJson Find(ReadOnlySpan<byte> json, RawJson? instance)
    {
        var hash = default(HashCode);
        hash.AddBytes(json);
        ref var slot = ref Known[hash.ToHashCode() & (Slots - 1)];
        var known = Volatile.Read(ref slot);
        if (known is not null && known.Utf8.Span.SequenceEqual(json))
        {
            return known;
        }

        instance ??= new RawJson(json.ToArray());
        var evicted = Interlocked.Exchange(ref slot, instance);
        if (evicted is not null && !ReferenceEquals(evicted, instance))
        {
            evicted.Decoded = null;
        }

        return instance;
    }
}
