using Orchestrator.ApiServer.Identity.Certificates;
using Orchestrator.Settings;

namespace Orchestrator.Joining;

/// <summary>The certificates of the node that runs beside the server: it need not ask for them, the CA is at hand.</summary>
internal static class NodePki
{
    /// <summary>As long as a kubelet's; made anew at every start.</summary>
    private static readonly TimeSpan Validity = TimeSpan.FromDays(365);

    public static NodeIdentity Issue(ClusterPki pki, AgentSettings node)
    {
        var identity = new NodeIdentity(Path.Combine(node.DataDirectory.Agent, "pki"));
        var (certificate, key) = pki.IssueClient("system:node:" + node.NodeName, ["system:nodes"], Validity);
        identity.Write(pki.Authority.Pem, certificate, key);
        return identity;
    }
}
