using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Logging;
using Orchestrator.Api.Certificates.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Json;

namespace Orchestrator.Client;

/// <summary>
/// A node's certificates: obtained with a join token at first, renewed by themselves when two thirds of their life are over. Private keys are made
/// here and never leave the node.
/// </summary>
/// <remarks>
/// 1. Without trust yet, read <c>kube-public/cluster-info</c> and accept its CA only if it matches the token's pin. 2. As the token, ask for a client
/// certificate (CertificateSigningRequest) and wait until it is approved and signed. 3. As the node, ask for the serving certificate, and for
/// that of the node's network, which reads more than an agent may. Each result is a file when it is whole, so that a node that dies halfway goes
/// on where it was.
/// </remarks>
public sealed partial class NodeCredentials(NodeJoinOptions options, TimeProvider time, Random random, ILogger<NodeCredentials> logger)
{
    private readonly Purpose _client = new("client", "kubernetes.io/kube-apiserver-client-kubelet", "client auth", "system:nodes", "system:node:" + options.NodeName);
    private readonly Purpose _serving = new("serving", "kubernetes.io/kubelet-serving", "server auth", "system:nodes", "system:node:" + options.NodeName);
    private readonly Purpose _network = new("network", "kubernetes.io/kube-apiserver-client", "client auth", "system:node-networks", "system:node-network:" + options.NodeName);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RenewalCheck = TimeSpan.FromMinutes(10);

    /// <summary>The cluster's CA.</summary>
    public string AuthorityPath => File("ca.crt");

    /// <summary>How the agent reaches the server as its node; names the certificate's files, which are renewed in place.</summary>
    public string KubeconfigPath => File("kubeconfig");

    /// <summary>How the node's network reaches the server, under a name of its own.</summary>
    public string NetworkKubeconfigPath => File("network.kubeconfig");

    public string ServingCertificatePath => File("serving.crt");

    public string ServingKeyPath => File("serving.key");

    /// <summary>Makes sure that the node has good certificates; joins if it must.</summary>
    /// <exception cref="NodeJoinException">The token is missing or refused, or the cluster is not the one that the token was made for.</exception>
    /// <exception cref="TimeoutException">The server could not be reached, or nobody approved, in time.</exception>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(options.Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using var deadline = new CancellationTokenSource(options.Timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            if (!System.IO.File.Exists(AuthorityPath))
            {
                await WriteAsync(AuthorityPath, await DiscoverAuthorityAsync(both.Token), both.Token);
            }

            if (!IsGood(_client))
            {
                using var asToken = Connect(new() { Server = options.Server, Authorities = Authorities(), Token = RequireToken().Bearer });
                await ObtainAsync(_client, asToken, both.Token);
                LogJoined(options.NodeName, options.Server);
            }

            await WriteAsync(KubeconfigPath, Kubeconfig(_client), both.Token);
            await WriteAsync(NetworkKubeconfigPath, Kubeconfig(_network), both.Token);
            using var asNode = ConnectAsNode();
            foreach (var purpose in (Purpose[])[_serving, _network])
            {
                if (!IsGood(purpose))
                {
                    await ObtainAsync(purpose, asNode, both.Token);
                }
            }
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"Joining {options.Server} took longer than {options.Timeout}: the server does not answer, or nobody approves the node's requests.");
        }
    }

    /// <summary>Renews the certificates for as long as the node runs.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(RenewalCheck, time, cancellationToken);
            foreach (var purpose in (Purpose[])[_client, _serving, _network])
            {
                await RenewAsync(purpose, cancellationToken);
            }
        }
    }

    private async Task RenewAsync(Purpose purpose, CancellationToken cancellationToken)
    {
        using var current = Load(purpose.Name);
        if (current is not null)
        {
            DateTimeOffset start = current.NotBefore, end = current.NotAfter;
            if (time.GetUtcNow() < start + ((end - start) * 2 / 3))
            {
                return;
            }
        }

        using var deadline = new CancellationTokenSource(options.Timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            using var asNode = ConnectAsNode();
            await ObtainAsync(purpose, asNode, both.Token);
            LogRenewed(purpose.Name);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // A third of its life is left to try again in.
            LogRenewalFailed(e, purpose.Name);
        }
    }

    /// <summary>Step 1: the CA that cluster-info names, if its public key is the one that the token pins.</summary>
    private async Task<string> DiscoverAuthorityAsync(CancellationToken cancellationToken)
    {
        var token = RequireToken();
        if (token.Pin.Length == 0)
        {
            throw new NodeJoinException("the join token has no pin of the cluster's CA (the part after @); without it any server could pose as the cluster");
        }

        using var handler = new SocketsHttpHandler
        {
            // Nothing is sent but a question for public information, and nothing is believed before the pin matches.
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
        };
        using var http = new HttpClient(handler) { BaseAddress = options.Server, Timeout = TimeSpan.FromSeconds(10) };
        while (true)
        {
            try
            {
                var body = await http.GetByteArrayAsync(ConfigMap.Resource.Path("kube-public", "cluster-info"), cancellationToken);
                return Pinned(ApiJson.Read<ConfigMap>(body), token.Pin);
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
            {
                LogWaiting(options.Server, e.Message);
                await Task.Delay(RetryPause, time, cancellationToken);
            }
        }
    }

    private static string Pinned(ConfigMap info, string pin)
    {
        var config = KubeconfigFile.ReadAuthority(info.Data.GetValueOrDefault("kubeconfig") ?? "")
            ?? throw new NodeJoinException("the server's cluster-info names no CA");
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(config);
        foreach (var authority in authorities)
        {
            if ("sha256:" + Convert.ToHexStringLower(SHA256.HashData(authority.PublicKey.ExportSubjectPublicKeyInfo())) == pin)
            {
                return authority.ExportCertificatePem() + "\n";
            }
        }

        throw new NodeJoinException("the server's CA is not the one that the join token was made for: the token is another cluster's, or somebody is in between");
    }

    /// <summary>Steps 2 and 3: a new key, a request for it, and the certificate once it is signed.</summary>
    private async Task ObtainAsync(Purpose purpose, HttpClusterClient client, CancellationToken cancellationToken)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddOrganizationName(purpose.Group);
        subject.AddCommonName(purpose.User);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        if (purpose == _serving)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(options.NodeName);
            foreach (var address in options.Addresses)
            {
                names.AddIpAddress(address);
            }

            request.CertificateExtensions.Add(names.Build());
        }

        var wanted = new CertificateSigningRequest
        {
            Metadata = new() { GenerateName = "node-csr-" },
            Spec = new CertificateSigningRequestSpec
            {
                SignerName = purpose.Signer,
                Usages = ["digital signature", purpose.Usage],
                Request = Encoding.ASCII.GetBytes(request.CreateSigningRequestPem()),
            },
        };
        var made = await CreateAsync(client, wanted, cancellationToken);
        while (true)
        {
            if (made.Status.Conditions.FirstOrDefault(static c => c.Type is "Denied" or "Failed") is { } refusal)
            {
                throw new NodeJoinException($"the node's request {made.Metadata.Name} for a {purpose.Name} certificate was refused: {refusal.Reason} {refusal.Message}");
            }

            if (made.Status.Certificate is { Length: > 0 } pem)
            {
                using var certificate = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(pem), key.ExportPkcs8PrivateKeyPem());
                await WriteAsync(File(purpose.Name + ".key"), key.ExportPkcs8PrivateKeyPem() + "\n", cancellationToken);
                await WriteAsync(File(purpose.Name + ".crt"), Encoding.ASCII.GetString(pem), cancellationToken);
                return;
            }

            await Task.Delay(PollInterval, time, cancellationToken);
            var read = await client.GetAsync<CertificateSigningRequest>("", made.Metadata.Name, cancellationToken);
            made = read.IsOk ? read.Value : read.IsUnreachable ? made : throw new NodeJoinException($"the node's request {made.Metadata.Name} cannot be read: {read.Error.Message}");
        }
    }

    private async Task<CertificateSigningRequest> CreateAsync(HttpClusterClient client, CertificateSigningRequest wanted, CancellationToken cancellationToken)
    {
        while (true)
        {
            var created = await client.CreateAsync(wanted, cancellationToken);
            if (created.IsOk)
            {
                return created.Value;
            }

            if (created.IsUnauthorized || created.IsForbidden)
            {
                throw new NodeJoinException($"the server refuses the node's credentials (is the join token expired?): {created.Error.Message}");
            }

            LogWaiting(options.Server, created.Error.Message);
            var jitter = TimeSpan.FromMilliseconds(random.Next(500));
            await Task.Delay(RetryPause + jitter, time, cancellationToken);
        }
    }

    private JoinToken RequireToken() => options.Token ?? throw new NodeJoinException(
        $"this node has not joined yet ({options.Directory} holds no good certificate) and has no join token; make one with `orchestrator token create`");

    private HttpClusterClient ConnectAsNode() => Connect(new()
    {
        Server = options.Server,
        Authorities = Authorities(),
        Certificate = new CertificateFiles(File("client.crt"), File("client.key")).Current,
    });

    private HttpClusterClient Connect(ClientConfig config) => new(config with { UserAgent = "orchestrator-agent" }, time);

    private X509Certificate2Collection Authorities()
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(AuthorityPath);
        return authorities;
    }

    private bool IsGood(Purpose purpose)
    {
        using var certificate = Load(purpose.Name);
        return certificate is not null && certificate.NotAfter.ToUniversalTime() > time.GetUtcNow() && (purpose != _serving || HasAddresses(certificate));
    }

    private bool HasAddresses(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        return names is not null && options.Addresses.All(names.EnumerateIPAddresses().Contains);
    }

    private X509Certificate2? Load(string name)
    {
        string certificate = File(name + ".crt"), key = File(name + ".key");
        if (!System.IO.File.Exists(certificate) || !System.IO.File.Exists(key))
        {
            return null;
        }

        try
        {
            return X509Certificate2.CreateFromPemFile(certificate, key);
        }
        catch (CryptographicException)
        {
            // The process died between writing the key and its certificate: ask for both anew.
            return null;
        }
    }

    private string Kubeconfig(Purpose purpose) => $"""
        apiVersion: v1
        kind: Config
        clusters:
        - name: orchestrator
          cluster:
            certificate-authority: {AuthorityPath}
            server: {options.Server}
        users:
        - name: {purpose.User}
          user:
            client-certificate: {File(purpose.Name + ".crt")}
            client-key: {File(purpose.Name + ".key")}
        contexts:
        - name: node
          context:
            cluster: orchestrator
            user: {purpose.User}
        current-context: node

        """;

    private string File(string name) => Path.Combine(options.Directory, name);

    private static async Task WriteAsync(string path, string content, CancellationToken cancellationToken)
    {
        var temporary = path + ".new";
        System.IO.File.Delete(temporary);
        await using (var stream = new FileStream(temporary, new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite, Options = FileOptions.Asynchronous,
        }))
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(content), cancellationToken);
            stream.Flush(flushToDisk: true);
        }

        System.IO.File.Move(temporary, path, overwrite: true);
    }

    [LoggerMessage(3101, LogLevel.Information, "Node {Node} has joined the cluster at {Server}")]
    private partial void LogJoined(string node, Uri server);

    [LoggerMessage(3102, LogLevel.Information, "Renewed the node's {Certificate} certificate")]
    private partial void LogRenewed(string certificate);

    [LoggerMessage(3103, LogLevel.Warning, "The node's {Certificate} certificate could not be renewed and will be tried again")]
    private partial void LogRenewalFailed(Exception exception, string certificate);

    [LoggerMessage(3104, LogLevel.Warning, "Waiting for {Server}: {Reason}")]
    private partial void LogWaiting(Uri server, string reason);

    /// <summary>One of the node's certificates.</summary>
    /// <param name="Name">Of its files.</param>
    /// <param name="Signer">Who signs it.</param>
    /// <param name="Usage">What it is for, beside digital signatures.</param>
    /// <param name="Group">Its organization.</param>
    /// <param name="User">Its common name.</param>
    private sealed record Purpose(string Name, string Signer, string Usage, string Group, string User);
}
