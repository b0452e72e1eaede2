using Grpc.Net.Client;

namespace Orchestrator.Grpc;

/// <summary>Channels by the targets that configuration files hold.</summary>
public static class GrpcChannels
{
    private const string UnixScheme = "unix://";

    /// <summary>A channel to <c>unix:///path</c>, an absolute path of a socket, <c>http://host:port</c> or <c>https://host:port</c>.</summary>
    /// <param name="target">Where the server is.</param>
    /// <param name="messageSizeMax">Largest message to receive, in bytes. containerd and etcd answer with up to 16 MiB.</param>
    /// <exception cref="UriFormatException">The target is none of these.</exception>
    public static GrpcChannel Create(string target, int messageSizeMax = 16 * 1024 * 1024)
    {
        var path = target.StartsWith(UnixScheme, StringComparison.Ordinal) ? target[UnixScheme.Length..]
            : target.StartsWith('/') ? target
            : null;
        return path is null
            ? GrpcChannel.ForAddress(target, new GrpcChannelOptions { MaxReceiveMessageSize = messageSizeMax })
            : GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
            {
                // The authority is "localhost": some servers refuse a path there.
                HttpHandler = UnixSocketHandler.Create(path),
                DisposeHttpClient = true,
                MaxReceiveMessageSize = messageSizeMax,
            });
    }
}
