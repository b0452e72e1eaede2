using System.Globalization;

namespace Orchestrator.Network.Proxy;

/// <summary>Reads the names of endpoint chains: <c>endpoint-HASH-namespace/service/udp/port__10.244.1.5/53</c>.</summary>
internal static class EndpointChainName
{
    public static bool TryParseUdp(string name, out string endpoint, out int port)
    {
        (endpoint, port) = ("", 0);
        var target = name.LastIndexOf("__", StringComparison.Ordinal);
        if (!name.StartsWith("endpoint-", StringComparison.Ordinal) || target < 0 || !name.AsSpan(0, target).Contains("/udp/", StringComparison.Ordinal))
        {
            return false;
        }

        var parts = name[(target + 2)..].Split('/');
        if (parts.Length != 2 || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out port))
        {
            return false;
        }

        endpoint = parts[0];
        return true;
    }
}
