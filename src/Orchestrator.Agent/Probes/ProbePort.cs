using System.Globalization;
using Orchestrator.Api;

namespace Orchestrator.Agent.Probes;

/// <summary>The port of a probe, which may be the name of a container's port.</summary>
internal static class ProbePort
{
    /// <summary>Finds the number; false, and why, if there is none.</summary>
    public static bool TryResolve(IntOrString port, Container container, out int number, out string error)
    {
        error = "";
        if (!port.IsText)
        {
            number = port.Int;
        }
        else if (container.Ports.FirstOrDefault(p => p.Name == port.Text) is { } named)
        {
            number = named.ContainerPortValue;
        }
        else if (!int.TryParse(port.Text, CultureInfo.InvariantCulture, out number))
        {
            error = $"strconv.Atoi: parsing \"{port.Text}\": invalid syntax";
            return false;
        }

        error = number is > 0 and < 65536 ? "" : $"invalid port number: {number}";
        return error.Length == 0;
    }

    /// <summary>Address and port as URLs and errors write them.</summary>
    public static string Join(string host, int port) =>
        string.Create(CultureInfo.InvariantCulture, $"{(host.Contains(':') ? $"[{host}]" : host)}:{port}");
}
