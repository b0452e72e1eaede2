using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Orchestrator.ApiServer.Services;

/// <summary>
/// The sending side of an HTTP/1.1 connection that lets a header have several lines: .NET joins the values of a header by commas, but servers written in
/// Go take each line for one value, so that a user's groups must come line by line.
/// </summary>
/// <remarks>Heads of requests are kept until they are whole; what follows goes through untouched.</remarks>
internal sealed class HeaderLineStream(Stream inner) : Stream
{
    // Nobody outside of the process knows it, so that no value can contain it.
    private static readonly byte[] Break = Encoding.ASCII.GetBytes(RandomNumberGenerator.GetHexString(32));
    private readonly ArrayBufferWriter<byte> _head = new();
    private bool _inHead = true;
    private volatile bool _isAnswered;

    /// <summary>Stands for the end of a line within a header's value.</summary>
    public static string LineBreak { get; } = Encoding.ASCII.GetString(Break);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_isAnswered)
        {
            // What comes after an answer is the next request.
            _isAnswered = false;
            _inHead = true;
        }

        if (!_inHead)
        {
            await inner.WriteAsync(buffer, cancellationToken);
            return;
        }

        _head.Write(buffer.Span);
        if (_head.WrittenSpan.IndexOf("\r\n\r\n"u8) < 0)
        {
            return;
        }

        _inHead = false;
        var whole = WithLines(_head.WrittenSpan);
        _head.ResetWrittenCount();
        await inner.WriteAsync(whole, cancellationToken);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken);
        _isAnswered |= read > 0;
        return read;
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private static ReadOnlyMemory<byte> WithLines(ReadOnlySpan<byte> bytes)
    {
        var lines = new ArrayBufferWriter<byte>(bytes.Length);
        while (bytes.IndexOf(Break) is >= 0 and var at)
        {
            lines.Write(bytes[..at]);
            lines.Write("\r\n"u8);
            bytes = bytes[(at + Break.Length)..];
        }

        lines.Write(bytes);
        return lines.WrittenMemory;
    }
}
