using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>The responses of a call that streams them.</summary>
internal sealed class ResponseStream<T>(ServerCall call, Marshaller<T> marshaller) : IServerStreamWriter<T>
    where T : class
{
    public WriteOptions? WriteOptions
    {
        get => call.WriteOptions;
        set => call.WriteOptions = value;
    }

    public Task WriteAsync(T message) => call.WriteAsync(marshaller, message, CancellationToken.None);

    public Task WriteAsync(T message, CancellationToken cancellationToken) => call.WriteAsync(marshaller, message, cancellationToken);
}
