using System.Net;

namespace Orchestrator.Network.PodNetwork;

/// <summary>A node's own address in the VXLAN: the first of its pods' network, which no pod gets, and a MAC made from it.</summary>
/// <remarks>Everybody can compute everybody's, so nodes need not publish anything.</remarks>
internal static class VxlanAddress
{
    public static string Of(string podCidr) => IPNetwork.Parse(podCidr).BaseAddress.ToString();

    /// <summary>A locally administered unicast address.</summary>
    public static string MacOf(string podCidr)
    {
        var bytes = IPNetwork.Parse(podCidr).BaseAddress.GetAddressBytes();
        return $"02:6f:{bytes[0]:x2}:{bytes[1]:x2}:{bytes[2]:x2}:{bytes[3]:x2}";
    }
}
