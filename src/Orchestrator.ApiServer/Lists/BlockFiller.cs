using System.IO.Pipelines;
using Orchestrator.ApiServer.Http;

namespace Orchestrator.ApiServer.Lists;

/// <summary>
/// Writes many pieces into a pipe's blocks, each filled to its last byte, and flushes after exactly <see cref="Responses.FlushThreshold"/> bytes. The
/// pipe is told once for a block and not once for a piece: every call of Kestrel's takes a lock.
/// </summary>
internal sealed class BlockFiller(PipeWriter output)
{
    private readonly byte[] _digits = new byte[20];
    private Memory<byte> _block;
    private int _used;
    private int _unflushed;

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_unflushed + bytes.Length >= Responses.FlushThreshold)
        {
            return WriteAcrossFlushesAsync(bytes, cancellationToken);
        }

        Fill(bytes.Span);
        return default;
    }

    /// <summary>Writes a number in decimal.</summary>
    public ValueTask WriteAsync(long number, CancellationToken cancellationToken)
    {
        System.Buffers.Text.Utf8Formatter.TryFormat(number, _digits, out var length);
        return WriteAsync(_digits.AsMemory(0, length), cancellationToken);
    }

    /// <summary>Hands over what was written since the last flush, for the end of the request to send.</summary>
    public void Advance()
    {
        if (_used > 0)
        {
            output.Advance(_used);
        }

        (_block, _used) = (default, 0);
    }

    private async ValueTask WriteAcrossFlushesAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (_unflushed + bytes.Length >= Responses.FlushThreshold)
        {
            var count = Responses.FlushThreshold - _unflushed;
            Fill(bytes.Span[..count]);
            bytes = bytes[count..];
            Advance();
            _unflushed = 0;
            await output.FlushAsync(cancellationToken);
        }

        Fill(bytes.Span);
    }

    private void Fill(ReadOnlySpan<byte> bytes)
    {
        _unflushed += bytes.Length;
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
}
