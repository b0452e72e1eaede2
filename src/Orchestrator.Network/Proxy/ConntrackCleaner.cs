using System.Globalization;
using Microsoft.Extensions.Logging;
using Orchestrator.Network.Commands;

namespace Orchestrator.Network.Proxy;

/// <summary>Makes the kernel forget ways of datagrams that lead nowhere any more.</summary>
/// <remarks>
/// A TCP connection to a dead endpoint ends by itself; datagrams have no end, and a client that keeps sending (a resolver, a
/// logger) would be led to the dead one for ever.
/// </remarks>
internal sealed partial class ConntrackCleaner(ICommandRunner commands, ILogger<ConntrackCleaner> logger)
{
    public async Task ForgetAsync(IReadOnlyCollection<UdpFlow> flows, CancellationToken cancellationToken)
    {
        foreach (var flow in flows)
        {
            try
            {
                var result = await commands.RunAsync("conntrack", Arguments(flow), "", cancellationToken);

                // It exits with 1 when there was nothing to delete, which is what we wanted anyway.
                if (!result.Succeeded && !result.Error.Contains("0 flow entries", StringComparison.Ordinal))
                {
                    LogFailed(null, flow, result.Error.Trim());
                }
            }
            catch (IOException exception)
            {
                // Without the tool the rules still hold; only clients that never pause notice, for as long as they don't.
                LogFailed(exception, flow, "conntrack can't be run");
                return;
            }
        }
    }

    private static List<string> Arguments(UdpFlow flow)
    {
        List<string> arguments = ["-D", "-p", "udp"];
        if (flow.Address.Length > 0)
        {
            arguments.AddRange(["--orig-dst", flow.Address]);
        }

        if (flow.Port > 0)
        {
            arguments.AddRange(["--orig-port-dst", Text(flow.Port)]);
        }

        if (flow.Endpoint.Length > 0)
        {
            arguments.AddRange(["--dst-nat", flow.Endpoint, "--reply-port-src", Text(flow.EndpointPort)]);
        }

        return arguments;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    [LoggerMessage(NetworkEvents.ProxyConntrackFailed, LogLevel.Warning, "Can't make the kernel forget {Flow}: {Reason}")]
    private partial void LogFailed(Exception? exception, UdpFlow flow, string reason);
}
