using System.Buffers;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.Client;

/// <summary>An answer's body in a pooled buffer, or why there is none. Disposing gives the buffer back.</summary>
internal struct HttpAnswer : IDisposable
{
    private byte[]? _buffer;
    private readonly int _count;

    public HttpAnswer(byte[] buffer, int count) => (_buffer, _count) = (buffer, count);

    public HttpAnswer(Status error) => Error = error;

    private HttpAnswer(byte[]? buffer, int count, Status error) => (_buffer, _count, Error) = (buffer, count, error);

    public Status? Error { get; }

    public readonly ReadOnlyMemory<byte> Body => _buffer.AsMemory(0, _count);

    /// <summary>The same body as that of an error; takes over the buffer.</summary>
    public readonly HttpAnswer Failed(Status error) => new(_buffer, _count, error);

    public void Dispose()
    {
        if (_buffer is { } buffer)
        {
            _buffer = null;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
