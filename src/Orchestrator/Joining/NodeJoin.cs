using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Logging;
using Orchestrator.Api.Certificates.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;
using Orchestrator.Settings;

namespace Orchestrator.Joining;

/// <summary>
/// How a machine becomes a node, as kubeadm does it: the cluster's CA comes from the public ConfigMap cluster-info and is believed
/// because its key is the token's pin; the token lets the node ask for a client certificate, which the control plane signs.
/// </summary>
internal sealed partial class NodeJoin(Uri server, string nodeName, NodeIdentity identity, TimeProvider time, ILogger<NodeJoin> logger)
{
    private const string SignerName = "kubernetes.io/kube-apiserver-client-kubelet";
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SigningTimeout = TimeSpan.FromMinutes(2);

    /// <summary>Joins unless the node has joined before. A server that cannot be reached yet is waited for.</summary>
    /// <exception cref="SettingException">The token is not this cluster's, or the server refuses.</exception>
    public async Task EnsureAsync(string? token, CancellationToken cancellationToken)
    {
        if (identity.Exists)
        {
            return;
        }

        var joinToken = JoinToken.Parse(token ?? throw new SettingException("--token is needed to join; `orchestrator token create` prints one"));
        var authority = await FetchAuthorityAsync(joinToken, cancellationToken);
        using var client = new HttpClusterClient(new() { Server = server, Authorities = [authority], Token = joinToken.Bearer, UserAgent = "orchestrator-agent" }, time);

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var certificate = await RequestCertificateAsync(client, key, cancellationToken);
        identity.Write(authority.ExportCertificatePem() + "\n", certificate, key.ExportPkcs8PrivateKeyPem() + "\n");
        LogJoined(nodeName, server);
    }

    private async Task<X509Certificate2> FetchAuthorityAsync(JoinToken token, CancellationToken cancellationToken)
    {
        // Nothing is sent that is secret, and nothing is believed but what has the pinned key.
        using var anyone = new HttpClusterClient(new() { Server = server, InsecureSkipTlsVerify = true, UserAgent = "orchestrator-agent" }, time);
        for (var told = false; ; told = true)
        {
            var info = await anyone.GetAsync<ConfigMap>("kube-public", "cluster-info", cancellationToken);
            if (info.IsOk)
            {
                var kubeconfig = KubeconfigFile.Parse(info.Value.Data.GetValueOrDefault("kubeconfig") ?? "", identity.Directory);
                return token.Find(kubeconfig.Authorities ?? [])
                    ?? throw new SettingException($"the token is not one of the cluster at {server}: the CA there has another key");
            }

            if (!info.IsUnreachable && !info.IsNotFound)
            {
                throw new SettingException($"{server} does not tell its CA: {info.Error.Message}");
            }

            if (!told)
            {
                LogWaiting(server, info.Error.Message);
            }

            await Task.Delay(RetryInterval, time, cancellationToken);
        }
    }

    private async Task<string> RequestCertificateAsync(HttpClusterClient client, ECDsa key, CancellationToken cancellationToken)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddOrganizationName("system:nodes");
        subject.AddCommonName("system:node:" + nodeName);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
        var asked = await client.CreateAsync(
            new CertificateSigningRequest
            {
                Metadata = new() { GenerateName = "node-csr-" },
                Spec = new() { Request = Encoding.ASCII.GetBytes(request), SignerName = SignerName, Usages = ["digital signature", "client auth"] },
            },
            cancellationToken);
        if (asked.Error is { } refusal)
        {
            throw new SettingException($"{server} does not take the node's certificate request: {refusal.Message}");
        }

        var started = time.GetTimestamp();
        while (time.GetElapsedTime(started) < SigningTimeout)
        {
            var state = await client.GetAsync<CertificateSigningRequest>(asked.Value.Key, cancellationToken);
            if (state.IsOk && state.Value.Status.Certificate is { Length: > 0 } certificate)
            {
                return Encoding.ASCII.GetString(certificate);
            }

            if (state.IsOk && state.Value.Status.Conditions.FirstOrDefault(condition => condition.Type is "Denied" or "Failed") is { } condition)
            {
                throw new SettingException($"the certificate request of node {nodeName} was refused: {condition.Message}");
            }

            await Task.Delay(RetryInterval / 10, time, cancellationToken);
        }

        throw new SettingException($"the certificate request {asked.Value.Metadata.Name} of node {nodeName} was not signed within {SigningTimeout}; is it approved?");
    }

    [LoggerMessage(1, LogLevel.Information, "Node {Node} has joined the cluster at {Server}")]
    private partial void LogJoined(string node, Uri server);

    [LoggerMessage(2, LogLevel.Warning, "Waiting for the server {Server}: {Reason}")]
    private partial void LogWaiting(Uri server, string reason);
}
