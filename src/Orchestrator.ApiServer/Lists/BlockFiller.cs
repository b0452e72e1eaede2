using System.IO.Pipelines;

namespace Orchestrator.ApiServer.Lists;

/// <summary>
/// Writes many small pieces into a pipe's blocks, each filled to its last byte. The pipe is told once for a block, not once for a piece: every
/// call of Kestrel's takes a lock.
/// </summary>
internal sealed class BlockFiller(PipeWriter output)
{
    private Memory<byte> _block;
    private int _used;

    /// <summary>Bytes written since the last flush.</summary>
    public int Unflushed { get; private set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        Unflushed += bytes.Length;
        while (bytes.Length > 0)
        {
            if (_used == _block.Length)
            {
                Advance();
                _block = output.GetMemory();
            }

            var free = _block.Span[_used..];
            var count = Math.Min(free.Length, bytes.Length);
            bytes[..count].CopyTo(free);
            _used += count;
            bytes = bytes[count..];
        }
    }

    /// <summary>Writes an object's bytes with its resourceVersion put in.</summary>
    /// <param name="json">The object.</param>
    /// <param name="hole">Where in it the version belongs.</param>
    /// <param name="revision">The version.</param>
    public void Splice(ReadOnlySpan<byte> json, int hole, long revision)
    {
        Span<byte> digits = stackalloc byte[20];
        System.Buffers.Text.Utf8Formatter.TryFormat(revision, digits, out var length);
        Write(json[..hole]);
        Write(digits[..length]);
        Write(json[hole..]);
    }

    public ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken)
    {
        Advance();
        Unflushed = 0;
        return output.FlushAsync(cancellationToken);
    }

    private void Advance()
    {
        if (_used > 0)
        {
            output.Advance(_used);
        }

        (_block, _used) = (default, 0);
    }
}
