using System.Threading.Channels;

namespace Orchestrator.Agent.Streaming;

/// <summary>A stream of a <see cref="SpdyConnection"/>: its two directions end independently.</summary>
internal sealed class SpdyStream(SpdyConnection connection, int id)
{
    // A slow reader slows the connection down instead of filling memory.
    private readonly Channel<byte[]> _received = Channel.CreateBounded<byte[]>(64);
    private readonly TaskCompletionSource _accepted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Done once the other side has taken the stream; what is sent to it earlier is dropped there.</summary>
    /// <exception cref="IOException">It refused the stream, or the connection broke.</exception>
    public Task Accepted => _accepted.Task;

    /// <summary>What the other side has sent, to its end.</summary>
    public IAsyncEnumerable<byte[]> ReadAllAsync(CancellationToken cancellationToken) => _received.Reader.ReadAllAsync(cancellationToken);

    /// <summary>Sends bytes.</summary>
    public Task WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken) => connection.SendDataAsync(id, data, isLast: false, cancellationToken);

    /// <summary>Says that we send nothing more.</summary>
    public Task CloseWriteAsync(CancellationToken cancellationToken) => connection.SendDataAsync(id, ReadOnlyMemory<byte>.Empty, isLast: true, cancellationToken);

    internal ValueTask ReceiveAsync(byte[] data, CancellationToken cancellationToken) => _received.Writer.WriteAsync(data, cancellationToken);

    internal void Accept() => _accepted.TrySetResult();

    internal void EndReading()
    {
        if (_accepted.TrySetException(new IOException("the runtime did not take the stream")))
        {
            // Whoever waits for it hears of it; nobody has to.
            _ = _accepted.Task.Exception;
        }

        _received.Writer.TryComplete();
        connection.Forget(id);
    }
}
