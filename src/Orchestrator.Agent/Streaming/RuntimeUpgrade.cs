using System.Net.Sockets;
using System.Text;

namespace Orchestrator.Agent.Streaming;

/// <summary>A connection to the runtime's streaming server that has been upgraded to SPDY.</summary>
internal sealed class RuntimeUpgrade : IAsyncDisposable
{
    private const int HeadLengthMax = 16 * 1024;

    private RuntimeUpgrade(Stream stream, int statusCode, string protocol, string body)
    {
        Stream = stream;
        StatusCode = statusCode;
        Protocol = protocol;
        Body = body;
    }

    /// <summary>The bytes after the upgrade.</summary>
    public Stream Stream { get; }

    /// <summary>101 if the upgrade worked.</summary>
    public int StatusCode { get; }

    /// <summary>The stream protocol that the runtime has chosen.</summary>
    public string Protocol { get; }

    /// <summary>What the runtime said instead of an upgrade.</summary>
    public string Body { get; }

    /// <summary>Connects and asks for the upgrade.</summary>
    /// <param name="address">The address that the runtime gave.</param>
    /// <param name="protocols">The stream protocols to offer, best first.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="IOException">The runtime cannot be reached or does not speak HTTP.</exception>
    public static async Task<RuntimeUpgrade> ConnectAsync(Uri address, IEnumerable<string> protocols, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address.Host, address.Port, cancellationToken);
            var stream = new NetworkStream(socket, ownsSocket: true);
            var request = new StringBuilder($"POST {address.PathAndQuery} HTTP/1.1\r\nHost: {address.Authority}\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nContent-Length: 0\r\n");
            foreach (var protocol in protocols)
            {
                request.Append("X-Stream-Protocol-Version: ").Append(protocol).Append("\r\n");
            }

            await stream.WriteAsync(Encoding.ASCII.GetBytes(request.Append("\r\n").ToString()), cancellationToken);
            var head = await ReadHeadAsync(stream, cancellationToken);
            var lines = head.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
            var status = lines is [var first, ..] && first.Split(' ') is [_, var code, ..] && int.TryParse(code, out var parsed) ? parsed : 0;
            var chosen = lines.FirstOrDefault(l => l.StartsWith("X-Stream-Protocol-Version:", StringComparison.OrdinalIgnoreCase));
            return new RuntimeUpgrade(stream, status, chosen?[(chosen.IndexOf(':') + 1)..].Trim() ?? "", status == 101 ? "" : head);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new IOException($"The runtime's streaming server at {address.Authority} cannot be reached: {e.Message}", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public ValueTask DisposeAsync() => Stream.DisposeAsync();

    /// <summary>Reads byte by byte up to the empty line: what follows belongs to the streams already.</summary>
    private static async Task<string> ReadHeadAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var head = new List<byte>(512);
        var one = new byte[1];
        while (head.Count < HeadLengthMax)
        {
            if (await stream.ReadAsync(one, cancellationToken) == 0)
            {
                break;
            }

            head.Add(one[0]);
            if (head is [.., (byte)'\r', (byte)'\n', (byte)'\r', (byte)'\n'])
            {
                break;
            }
        }

        return Encoding.ASCII.GetString([.. head]);
    }
}
