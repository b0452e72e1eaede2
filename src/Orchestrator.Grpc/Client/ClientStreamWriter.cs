using Grpc.Core;
using Orchestrator.Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>The request stream of a call.</summary>
internal sealed class ClientStreamWriter<TRequest, TResponse>(
    ClientCall<TRequest, TResponse> call, StreamingContent content, MessageWriter writer) : IClientStreamWriter<TRequest>
    where TRequest : class
    where TResponse : class
{
    private int _completed;

    public WriteOptions? WriteOptions { get; set; }

    public Task WriteAsync(TRequest message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(TRequest message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (Volatile.Read(ref _completed) != 0)
        {
            throw new InvalidOperationException("The request stream was completed.");
        }

        call.ThrowIfEnded();
        using var cancelled = cancellationToken.UnsafeRegister(static c => ((ClientCall<TRequest, TResponse>)c!).Cancel(), call);
        try
        {
            var flags = (WriteOptions ?? WriteOptions.Default).Flags;
            var stream = await content.Opened.ConfigureAwait(false);
            await stream.WriteAsync(writer.Frame(call.Method.RequestMarshaller, message, !flags.HasFlag(WriteFlags.NoCompress)), call.Stopped).ConfigureAwait(false);
            if (!flags.HasFlag(WriteFlags.BufferHint))
            {
                await stream.FlushAsync(call.Stopped).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or HttpRequestException)
        {
            // What the call ended with says more than the pipe that broke.
            throw await call.EndedBecauseAsync(e).ConfigureAwait(false);
        }
    }

    public Task CompleteAsync()
    {
        if (Interlocked.Exchange(ref _completed, 1) == 0)
        {
            content.Complete();
        }

        return Task.CompletedTask;
    }
}
