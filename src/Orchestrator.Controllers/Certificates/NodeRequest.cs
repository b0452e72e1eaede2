using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Orchestrator.Api.Certificates.V1;

namespace Orchestrator.Controllers.Certificates;

/// <summary>A signing request of a node's agent or network, read: what it asks to be named, and for what use.</summary>
internal sealed class NodeRequest
{
    public const string ClientSigner = "kubernetes.io/kube-apiserver-client-kubelet";
    public const string ServingSigner = "kubernetes.io/kubelet-serving";
    public const string NetworkSigner = "kubernetes.io/kube-apiserver-client";
    public const string NetworkUserPrefix = "system:node-network:";
    public const string NetworksGroup = "system:node-networks";
    public const string NodeUserPrefix = "system:node:";
    public const string NodesGroup = "system:nodes";

    private const string CommonNameOid = "2.5.4.3";
    private const string OrganizationOid = "2.5.4.10";

    private NodeRequest(string nodeName, IReadOnlyList<string> dnsNames, IReadOnlyList<IPAddress> addresses) =>
        (NodeName, DnsNames, Addresses) = (nodeName, dnsNames, addresses);

    /// <summary>The agent of the node, <c>system:node:NAME</c>.</summary>
    public string UserName => NodeUserPrefix + NodeName;

    public string NodeName { get; }

    public IReadOnlyList<string> DnsNames { get; }

    public IReadOnlyList<IPAddress> Addresses { get; }

    /// <summary>
    /// Reads a request for one of the two kubelet signers, or one of a node's network; null if it is not what a node is given: the subject is a
    /// node's, the names fit the use.
    /// </summary>
    public static NodeRequest? TryRead(CertificateSigningRequest request)
    {
        var isNetwork = request.Spec.SignerName == NetworkSigner;
        var isClient = isNetwork || request.Spec.SignerName == ClientSigner;
        if ((!isClient && request.Spec.SignerName != ServingSigner) || request.Spec.Request is not { } pem || !HasUsages(request, isClient ? "client auth" : "server auth"))
        {
            return null;
        }

        CertificateRequest parsed;
        try
        {
            parsed = CertificateRequest.LoadSigningRequestPem(
                Encoding.ASCII.GetString(pem), HashAlgorithmName.SHA256, CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions, RSASignaturePadding.Pkcs1);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return null;
        }

        var parts = parsed.SubjectName.EnumerateRelativeDistinguishedNames(reversed: false).Where(static p => !p.HasMultipleElements)
            .Select(static p => (Oid: p.GetSingleElementType().Value, Value: p.GetSingleElementValue() ?? "")).ToArray();
        var organizations = parts.Where(static p => p.Oid == OrganizationOid).Select(static p => p.Value).ToArray();
        var name = parts.FirstOrDefault(static p => p.Oid == CommonNameOid).Value ?? "";
        var (group, prefix) = isNetwork ? (NetworksGroup, NetworkUserPrefix) : (NodesGroup, NodeUserPrefix);
        if (organizations.Length != 1 || organizations[0] != group || !name.StartsWith(prefix, StringComparison.Ordinal) || name.Length == prefix.Length)
        {
            return null;
        }

        var names = parsed.CertificateExtensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        string[] dnsNames = [.. names?.EnumerateDnsNames() ?? []];
        IPAddress[] addresses = [.. names?.EnumerateIPAddresses() ?? []];

        // A client's certificate has no names but its subject; a server's has at least one.
        return isClient == (names is null) ? new(name[prefix.Length..], dnsNames, addresses) : null;
    }

    private static bool HasUsages(CertificateSigningRequest request, string purpose)
    {
        var usages = request.Spec.Usages.ToHashSet(StringComparer.Ordinal);
        return usages.Remove(purpose) && usages.Remove("digital signature") && (usages.Count == 0 || (usages.Count == 1 && usages.Contains("key encipherment")));
    }
}
