using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using Orchestrator.Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>A request body of one message.</summary>
internal sealed class UnaryContent<TRequest>(MessageWriter writer, Marshaller<TRequest> marshaller, TRequest message) : HttpContent
{
    public static readonly MediaTypeHeaderValue GrpcMediaType = new(GrpcHeaders.ContentType);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        using (writer)
        {
            await stream.WriteAsync(writer.Frame(marshaller, message)).ConfigureAwait(false);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
