using System.Net.Sockets;

namespace Orchestrator.Agent.Probes;

/// <summary>Why a connection was not made, in the words of the events.</summary>
internal static class DialErrors
{
    public static string Text(SocketException e) => e.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "connect: connection refused",
        SocketError.HostUnreachable => "connect: no route to host",
        SocketError.NetworkUnreachable => "connect: network is unreachable",
        SocketError.TimedOut => "i/o timeout",
        SocketError.ConnectionReset => "connect: connection reset by peer",
        SocketError.HostNotFound => "lookup: no such host",
        _ => "connect: " + e.Message,
    };
}
