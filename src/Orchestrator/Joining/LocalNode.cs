using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Orchestrator.ApiServer.Identity.Certificates;
using Orchestrator.Client;
using Orchestrator.Settings;

namespace Orchestrator.Joining;

/// <summary>
/// The certificates of the node that runs beside the server: it need not ask for them, the CA is at hand. Made anew at every start, and while
/// the program runs when two thirds of their life are over; whoever uses them reads the files again.
/// </summary>
internal sealed partial class LocalNode(ClusterPki pki, Uri server, AgentSettings node, IPAddress address, TimeProvider time, ILogger<LocalNode> logger)
{
    /// <summary>As long as a kubelet's.</summary>
    public static readonly TimeSpan Validity = TimeSpan.FromDays(365);

    public static readonly TimeSpan RenewalCheck = TimeSpan.FromHours(1);

    private readonly string _directory = Path.Combine(node.DataDirectory.Agent, "pki");
    private DateTimeOffset _issuedAt;

    /// <summary>Issues the certificates and writes them to files, for their owner only.</summary>
    public NodeAccess Issue()
    {
        Directory.CreateDirectory(_directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _issuedAt = time.GetUtcNow();
        Write("ca.crt", pki.Authority.Pem);
        Write("client", pki.IssueClient("system:node:" + node.NodeName, ["system:nodes"], Validity));
        Write("network", pki.IssueClient("system:node-network:" + node.NodeName, ["system:node-networks"], Validity));
        Write("serving", pki.IssueServer("system:node:" + node.NodeName, ["system:nodes"], [node.NodeName], [address], Validity));

        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(pki.Authority.Pem);
        ClientConfig As(string name) => new()
        {
            Server = new Uri(server, "/"),
            Authorities = authorities,
            Certificate = new CertificateFiles(In(name + ".crt"), In(name + ".key")).Current,
            UserAgent = "orchestrator-agent",
        };
        return new(As("client"), As("network"), In("ca.crt"), In("serving.crt"), In("serving.key"));
    }

    /// <summary>Renews the certificates for as long as the node runs.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(RenewalCheck, time, cancellationToken);
            if (time.GetUtcNow() - _issuedAt < Validity * 2 / 3)
            {
                continue;
            }

            try
            {
                Issue();
                LogRenewed(node.NodeName);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A third of their life is left to try again in.
                LogRenewalFailed(e, node.NodeName);
            }
        }
    }

    private string In(string name) => Path.Combine(_directory, name);

    private void Write(string name, (string CertificatePem, string KeyPem) pair)
    {
        Write(name + ".crt", pair.CertificatePem);
        Write(name + ".key", pair.KeyPem);
    }

    /// <summary>In one step, so that a crash leaves the old file or the new one.</summary>
    private void Write(string name, string text)
    {
        var next = In(name + ".new");
        using (var file = new FileStream(next, new FileStreamOptions
        {
            Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes(text));
            file.Flush(flushToDisk: true);
        }

        File.Move(next, In(name), overwrite: true);
    }

    [LoggerMessage(1, LogLevel.Information, "Renewed the certificates of node {Node}")]
    private partial void LogRenewed(string node);

    [LoggerMessage(2, LogLevel.Warning, "The certificates of node {Node} could not be renewed and will be tried again")]
    private partial void LogRenewalFailed(Exception error, string node);
}
