using System.Net;
using System.Net.Sockets;

namespace Orchestrator.EndToEnd.Tests.Machine;

public static class Ports
{
    /// <summary>A TCP port that nobody uses at the moment.</summary>
    public static int Free()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Any, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
