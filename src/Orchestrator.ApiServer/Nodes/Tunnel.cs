using System.Text;
using Encoding = System.Text.Encoding;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Orchestrator.ApiServer.Aggregation;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Nodes;

/// <summary>Passes an upgrade (WebSocket or SPDY) on to a node and then bytes both ways, without knowing the protocol.</summary>
internal sealed class Tunnel(NodeConnector nodes)
{
    private const int HeadMax = 64 * 1024;
    private static readonly string[] Dropped = ["Authorization", "Host", "Content-Length"];

    public async ValueTask RunAsync(HttpContext context, string host, int port, string pathAndQuery, CancellationToken cancellationToken)
    {
        RequireUpgrade(context);
        await using var node = await nodes.ConnectAsync(host, port, cancellationToken);
        await RunAsync(context, node, $"{host}:{port}", pathAndQuery, [], cancellationToken);
    }

    /// <summary>Passes the upgrade on over a connection that is there already.</summary>
    public static async ValueTask RunAsync(
        HttpContext context, Stream node, string hostHeader, string pathAndQuery, IReadOnlyList<(string Name, string Value)> added, CancellationToken cancellationToken)
    {
        var upgrade = RequireUpgrade(context);
        await node.WriteAsync(Head(context.Request, hostHeader, pathAndQuery, added), cancellationToken);
        await node.FlushAsync(cancellationToken);
        var (code, headers, rest) = await ReadHeadAsync(node, cancellationToken);
        if (code != 101)
        {
            var text = await ReadBodyAsync(node, headers, rest, cancellationToken);
            throw Errors.Make(code, "", text.Length > 0 ? text : $"unable to upgrade connection: the node answered {code}", null);
        }

        foreach (var (name, value) in headers)
        {
            if (!name.Equals("Connection", StringComparison.OrdinalIgnoreCase))
            {
                context.Response.Headers.Append(name, value);
            }
        }

        await using var client = await upgrade.UpgradeAsync();
        if (rest.Length > 0)
        {
            await client.WriteAsync(rest, cancellationToken);
            await client.FlushAsync(cancellationToken);
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var up = CopyAsync(client, node, either.Token);
        var down = CopyAsync(node, client, either.Token);
        await Task.WhenAny(up, down);

        // When one side has ended, nothing of use comes from the other but what is on its way to the client.
        if (!down.IsCompleted)
        {
            either.CancelAfter(TimeSpan.FromSeconds(1));
        }
        else
        {
            await either.CancelAsync();
        }

        await Task.WhenAll(up, down);
    }

    private static IHttpUpgradeFeature RequireUpgrade(HttpContext context) =>
        context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } upgrade ? upgrade : throw Errors.BadRequest("Upgrade request required");

    private static async Task CopyAsync(Stream from, Stream to, CancellationToken cancellationToken)
    {
        try
        {
            var buffer = new byte[32 * 1024];
            int read;
            while ((read = await from.ReadAsync(buffer, cancellationToken)) > 0)
            {
                await to.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                await to.FlushAsync(cancellationToken);
            }
        }
        catch (Exception end) when (end is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // A side that hangs up is how such connections end.
        }
    }

    private static byte[] Head(HttpRequest request, string host, string pathAndQuery, IReadOnlyList<(string Name, string Value)> added)
    {
        var head = new StringBuilder();
        head.Append(request.Method).Append(' ').Append(pathAndQuery).Append(" HTTP/1.1\r\nHost: ").Append(host).Append("\r\n");
        foreach (var (name, values) in request.Headers)
        {
            if (Dropped.Contains(name, StringComparer.OrdinalIgnoreCase) || RemoteIdentity.IsClaim(name))
            {
                continue;
            }

            foreach (var value in values)
            {
                head.Append(name).Append(": ").Append(value).Append("\r\n");
            }
        }

        foreach (var (name, value) in added)
        {
            head.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        return Encoding.Latin1.GetBytes(head.Append("\r\n").ToString());
    }

    private static async Task<(int Code, List<(string Name, string Value)> Headers, byte[] Early)> ReadHeadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[HeadMax];
        var count = 0;
        while (true)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(count), cancellationToken);
            count += read;
            var end = buffer.AsSpan(0, count).IndexOf("\r\n\r\n"u8);
            if (end >= 0)
            {
                var lines = Encoding.Latin1.GetString(buffer, 0, end).Split("\r\n");
                var code = int.Parse(lines[0].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
                var headers = lines.Skip(1).Select(static l => (l[..l.IndexOf(':', StringComparison.Ordinal)], l[(l.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim())).ToList();
                return (code, headers, buffer[(end + 4)..count]);
            }

            if (read == 0 || count == buffer.Length)
            {
                throw Errors.Internal("unable to upgrade connection: the node hung up");
            }
        }
    }

    /// <summary>The body of a refusal, as far as it is of use: by its length, in chunks, or until the node hangs up.</summary>
    private static async Task<string> ReadBodyAsync(Stream stream, List<(string Name, string Value)> headers, byte[] rest, CancellationToken cancellationToken)
    {
        var isChunked = headers.Exists(static h => h.Name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase) && h.Value.EndsWith("chunked", StringComparison.OrdinalIgnoreCase));
        var length = headers.Where(static h => h.Name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)).Select(static h => int.Parse(h.Value)).FirstOrDefault(HeadMax);
        var body = new byte[Math.Max(Math.Min(isChunked ? HeadMax : length, HeadMax), rest.Length)];
        rest.CopyTo(body, 0);
        var count = rest.Length;
        var text = new MemoryStream();
        while (!(isChunked && TryUnchunk(body.AsSpan(0, count), text)) && count < body.Length)
        {
            var read = await stream.ReadAsync(body.AsMemory(count), cancellationToken);
            if (read == 0)
            {
                break;
            }

            count += read;
        }

        return (isChunked ? Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length) : Encoding.UTF8.GetString(body, 0, count)).Trim();
    }

    /// <summary>Puts chunks together.</summary>
    /// <param name="chunked">What has come.</param>
    /// <param name="text">Takes the contents of the chunks that are whole.</param>
    /// <returns>Whether the last chunk has come.</returns>
    internal static bool TryUnchunk(ReadOnlySpan<byte> chunked, MemoryStream text)
    {
        text.SetLength(0);
        while (chunked.IndexOf("\r\n"u8) is > 0 and var end)
        {
            var size = chunked[..end];
            var extension = size.IndexOf((byte)';');
            if (!int.TryParse(extension < 0 ? size : size[..extension], System.Globalization.NumberStyles.AllowHexSpecifier, null, out var length) || length < 0)
            {
                return true;
            }

            if (length == 0)
            {
                return true;
            }

            chunked = chunked[(end + 2)..];
            if (chunked.Length < length + 2)
            {
                return false;
            }

            text.Write(chunked[..length]);
            chunked = chunked[(length + 2)..];
        }

        return false;
    }
}
