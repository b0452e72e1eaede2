using System.Net;
using System.Security.Cryptography.X509Certificates;
using Orchestrator.ApiServer.Identity.Certificates;
using Orchestrator.Client;
using Orchestrator.Settings;

namespace Orchestrator.Joining;

/// <summary>The certificates of the node that runs beside the server: it need not ask for them, the CA is at hand.</summary>
internal static class LocalNode
{
    /// <summary>As long as a kubelet's; made anew at every start.</summary>
    private static readonly TimeSpan Validity = TimeSpan.FromDays(365);

    /// <summary>Issues the node's certificates and writes them to files, for their owner only.</summary>
    public static NodeAccess Issue(ClusterPki pki, Uri server, AgentSettings node, IPAddress address)
    {
        var user = "system:node:" + node.NodeName;
        var directory = Path.Combine(node.DataDirectory.Agent, "pki");
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string In(string name) => Path.Combine(directory, name);

        var (client, clientKey) = pki.IssueClient(user, ["system:nodes"], Validity);
        var (serving, servingKey) = pki.IssueServer(user, ["system:nodes"], [node.NodeName], [address], Validity);
        Write(In("ca.crt"), pki.Authority.Pem);
        Write(In("client.crt"), client);
        Write(In("client.key"), clientKey);
        Write(In("serving.crt"), serving);
        Write(In("serving.key"), servingKey);

        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(pki.Authority.Pem);
        var config = new ClientConfig
        {
            Server = new Uri(server, "/"),
            Authorities = authorities,
            Certificate = new CertificateFiles(In("client.crt"), In("client.key")).Current,
            UserAgent = "orchestrator-agent",
        };
        return new(config, In("ca.crt"), In("serving.crt"), In("serving.key"));
    }

    /// <summary>In one step, so that a crash leaves the old file or the new one.</summary>
    private static void Write(string path, string text)
    {
        var next = path + ".new";
        using (var file = new FileStream(next, new FileStreamOptions
        {
            Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes(text));
            file.Flush(flushToDisk: true);
        }

        File.Move(next, path, overwrite: true);
    }
}
