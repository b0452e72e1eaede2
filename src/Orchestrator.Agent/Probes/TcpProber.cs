using System.Net.Sockets;

namespace Orchestrator.Agent.Probes;

/// <summary>Connects: that is all it takes to pass.</summary>
internal static class TcpProber
{
    public static async Task<ProbeOutcome> ProbeAsync(
        TCPSocketAction action, Container container, string address, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (!ProbePort.TryResolve(action.Port, container, out var port, out var error))
        {
            return new(ProbeVerdict.Unknown, error);
        }

        var host = action.Host.Length > 0 ? action.Host : address;
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(timeout);
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(host, port, limited.Token);
            return new(ProbeVerdict.Success, "");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new(ProbeVerdict.Failure, $"dial tcp {ProbePort.Join(host, port)}: i/o timeout");
        }
        catch (SocketException e)
        {
            return new(ProbeVerdict.Failure, $"dial tcp {ProbePort.Join(host, port)}: {DialErrors.Text(e)}");
        }
    }
}
