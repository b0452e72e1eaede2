using System.Diagnostics.CodeAnalysis;
using System.Text;
using Google.Protobuf;

namespace Orchestrator.Storage.Etcd;

/// <summary>
/// How our keys look in etcd: <c>{prefix}{collection}//{name}</c>, for example <c>/orchestrator/apps/deployments//default/web</c>. Collections
/// and names both have slashes, but neither has two in a row.
/// </summary>
internal sealed class EtcdKeys
{
    private static readonly byte[] Separator = "//"u8.ToArray();

    private readonly byte[] _prefix;

    public EtcdKeys(string prefix)
    {
        ArgumentException.ThrowIfNullOrEmpty(prefix);
        _prefix = Encoding.UTF8.GetBytes(prefix);
        Everything = UnsafeByteOperations.UnsafeWrap(_prefix);
        EverythingEnd = End(_prefix);
        Fence = ByteString.CopyFromUtf8(prefix + "~fence");
    }

    /// <summary>The start of the range of all our keys.</summary>
    public ByteString Everything { get; }

    /// <summary>Its end.</summary>
    public ByteString EverythingEnd { get; }

    /// <summary>A key without meaning. Writing it makes an event that comes after all that was written before.</summary>
    public ByteString Fence { get; }

    public ByteString Of(StoreKey key)
    {
        var bytes = new byte[_prefix.Length + Encoding.UTF8.GetByteCount(key.Collection) + Separator.Length + Encoding.UTF8.GetByteCount(key.Name)];
        _prefix.CopyTo(bytes, 0);
        var at = _prefix.Length;
        at += Encoding.UTF8.GetBytes(key.Collection, bytes.AsSpan(at));
        Separator.CopyTo(bytes, at);
        Encoding.UTF8.GetBytes(key.Name, bytes.AsSpan(at + Separator.Length));
        return UnsafeByteOperations.UnsafeWrap(bytes);
    }

    /// <summary>The range of a collection's keys.</summary>
    public (ByteString Start, ByteString End) Of(string collection)
    {
        byte[] start = [.. _prefix, .. Encoding.UTF8.GetBytes(collection), .. Separator];
        return (UnsafeByteOperations.UnsafeWrap(start), End(start));
    }

    /// <summary>Reads a key; false if it is not a value's (the fence).</summary>
    public bool TryParse(ByteString key, [NotNullWhen(true)] out string? collection, [NotNullWhen(true)] out string? name)
    {
        collection = name = null;
        var bytes = key.Span;
        if (!bytes.StartsWith(_prefix))
        {
            return false;
        }

        bytes = bytes[_prefix.Length..];
        var separator = bytes.IndexOf(Separator);
        if (separator <= 0 || separator + Separator.Length == bytes.Length)
        {
            return false;
        }

        collection = Encoding.UTF8.GetString(bytes[..separator]);
        name = Encoding.UTF8.GetString(bytes[(separator + Separator.Length)..]);
        return true;
    }

    private static ByteString End(ReadOnlySpan<byte> prefix)
    {
        var end = prefix.ToArray();
        end[^1]++; // Prefixes end with a slash or another ASCII character.
        return UnsafeByteOperations.UnsafeWrap(end);
    }
}
