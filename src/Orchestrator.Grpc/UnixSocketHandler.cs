using System.Net.Sockets;

namespace Orchestrator.Grpc;

/// <summary>HTTP over a unix socket, for gRPC channels and anything else on <see cref="HttpClient"/>.</summary>
public static class UnixSocketHandler
{
    /// <summary>A handler whose every connection goes to the socket at <paramref name="path"/>.</summary>
    public static SocketsHttpHandler Create(string path)
    {
        var endPoint = new UnixDomainSocketEndPoint(path);
        return new SocketsHttpHandler
        {
            UseProxy = false,
            EnableMultipleHttp2Connections = true,
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
    }
}
