using System.Globalization;
using Orchestrator.Api;

namespace Orchestrator.Agent.Probes;

/// <summary>The port of a probe, which may be the name of a container's port.</summary>
internal static class ProbePort
{
    /// <summary>The number; null if no port has the name.</summary>
    public static int? Resolve(IntOrString port, Container container)
    {
        var number = port.IsText
            ? container.Ports.FirstOrDefault(p => p.Name == port.Text)?.ContainerPortValue
                ?? (int.TryParse(port.Text, CultureInfo.InvariantCulture, out var parsed) ? parsed : 0)
            : port.Int;
        return number is > 0 and < 65536 ? number : null;
    }

    /// <summary>Address and port as URLs and errors write them.</summary>
    public static string Join(string host, int port) =>
        string.Create(CultureInfo.InvariantCulture, $"{(host.Contains(':') ? $"[{host}]" : host)}:{port}");
}
