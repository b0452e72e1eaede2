namespace Orchestrator.Storage;

/// <summary>Stands between memory and disk: what it seals is what the engine writes, for encryption at rest.</summary>
/// <remarks>Called by the engine for every value, from several threads at once. Memory holds the plain form only.</remarks>
public interface IValueTransformer
{
    /// <summary>The form to write. Returns <paramref name="payload"/> itself if the collection is stored plainly.</summary>
    ReadOnlyMemory<byte> Seal(StoreKey key, ReadOnlyMemory<byte> payload);

    /// <summary>The plain form of what was read. The result is kept, and must not alias <paramref name="stored"/> unless it is that array.</summary>
    /// <exception cref="StoreCorruptedException">It cannot be opened: wrong key, or damaged.</exception>
    ReadOnlyMemory<byte> Open(StoreKey key, ReadOnlyMemory<byte> stored);
}
