using System.Net;

namespace Orchestrator.Network.Dns.Forwarding;

/// <summary>The name servers of a resolv.conf(5).</summary>
internal static class ResolvConf
{
    private const int DnsPort = 53;

    /// <summary>Reads the <c>nameserver</c> lines, in order and without repetition; lines that make no sense are skipped as resolvers do.</summary>
    public static IReadOnlyList<IPEndPoint> ParseServers(string text)
    {
        var servers = new List<IPEndPoint>();
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var rest = line.Trim();
            if (!rest.StartsWith("nameserver") || rest.Length <= 10 || !char.IsWhiteSpace(rest[10]))
            {
                continue;
            }

            var value = rest[10..].Trim();
            var end = value.IndexOfAny(" \t#;");
            if (IPAddress.TryParse(end < 0 ? value : value[..end], out var address))
            {
                var server = new IPEndPoint(address, DnsPort);
                if (!servers.Contains(server))
                {
                    servers.Add(server);
                }
            }
        }

        return servers;
    }
}
