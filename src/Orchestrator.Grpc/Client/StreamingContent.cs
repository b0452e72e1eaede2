using System.Net;

namespace Grpc.Net.Client;

/// <summary>A request body that stays open: hands its stream to the writer and waits for the writer's end.</summary>
internal sealed class StreamingContent : HttpContent
{
    private readonly TaskCompletionSource<Stream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The stream, as soon as the request is under way.</summary>
    public Task<Stream> Opened => _opened.Task;

    /// <summary>Ends the body.</summary>
    public void Complete() => _completed.TrySetResult();

    /// <summary>Tells a writer that waits for the stream that it will not come.</summary>
    public void Fail()
    {
        _opened.TrySetCanceled();
        _completed.TrySetResult();
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        // The handler keeps the request headers until the first byte of the body; a server may wait for them.
        await stream.FlushAsync().ConfigureAwait(false);
        _opened.TrySetResult(stream);
        await _completed.Task.ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
