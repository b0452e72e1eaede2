using System.Net;
using System.Net.Sockets;

namespace Orchestrator.Hosting;

/// <summary>This machine's address towards the rest of the world.</summary>
internal static class HostAddress
{
    /// <summary>The IPv4 address that packets on the default route carry; null on a machine without one.</summary>
    public static IPAddress? OfDefaultRoute()
    {
        // Connecting a datagram socket sends nothing; it only asks the kernel which way it would go.
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Connect(new IPEndPoint(IPAddress.Parse("198.51.100.1"), 9));
            return ((IPEndPoint)socket.LocalEndPoint!).Address;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.NetworkUnreachable or SocketError.HostUnreachable)
        {
            return null;
        }
    }
}
