using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Orchestrator.Api.Certificates.V1;

namespace Orchestrator.ApiServer.Identity.Certificates;

/// <summary>Signs approved CertificateSigningRequests for Kubernetes' own signers, as each of them requires.</summary>
public sealed class RequestSigner(ClusterPki pki, TimeProvider time)
{
    private const string ClientSigner = "kubernetes.io/kube-apiserver-client";
    private const string NodeClientSigner = "kubernetes.io/kube-apiserver-client-kubelet";
    private const string NodeServingSigner = "kubernetes.io/kubelet-serving";

    private static readonly TimeSpan ValidityMax = TimeSpan.FromDays(365);
    private static readonly TimeSpan ValidityMin = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Backdate = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Signs a request that has been approved. Null if its signer is not ours; otherwise the certificate in PEM, or why the signer refuses it.
    /// </summary>
    public (byte[]? Pem, string Failure)? Sign(CertificateSigningRequest request)
    {
        if (request.Spec.SignerName is not (ClientSigner or NodeClientSigner or NodeServingSigner))
        {
            return null;
        }

        if (SigningRequestPem.TryRead(request.Spec.Request) is not { } parsed)
        {
            return (null, "the request is no PKCS #10 request signed with its own key");
        }

        if (WhyRefused(request, parsed) is { } why)
        {
            return (null, why);
        }

        // Built anew: nothing but the subject, the names and the key comes from the requester.
        var made = new CertificateRequest(parsed.SubjectName, parsed.PublicKey, HashAlgorithmName.SHA256);
        made.CertificateExtensions.Add(new X509KeyUsageExtension(KeyUsages(request.Spec.Usages), critical: true));
        var purposes = new OidCollection();
        if (request.Spec.Usages.Contains("client auth"))
        {
            purposes.Add(new Oid("1.3.6.1.5.5.7.3.2"));
        }

        if (request.Spec.Usages.Contains("server auth"))
        {
            purposes.Add(new Oid("1.3.6.1.5.5.7.3.1"));
        }

        made.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(purposes, critical: false));
        if (Names(parsed) is { } names)
        {
            made.CertificateExtensions.Add(names);
        }

        var validity = request.Spec.ExpirationSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : ValidityMax;
        validity = validity > ValidityMax ? ValidityMax : validity < ValidityMin ? ValidityMin : validity;
        var now = time.GetUtcNow();
        using var certificate = pki.Authority.Sign(made, now - Backdate, now + validity);
        return (Encoding.ASCII.GetBytes(certificate.ExportCertificatePem() + "\n"), "");
    }

    private static string? WhyRefused(CertificateSigningRequest request, CertificateRequest parsed)
    {
        var signer = request.Spec.SignerName;
        var purpose = signer == NodeServingSigner ? "server auth" : "client auth";
        if (!request.Spec.Usages.Contains(purpose) || request.Spec.Usages.Any(u => u != purpose && u is not ("digital signature" or "key encipherment")))
        {
            return $"usages did not match: the signer {signer} signs for {purpose}, digital signature and key encipherment";
        }

        var organizations = SigningRequestPem.Organizations(parsed.SubjectName);
        if (signer == ClientSigner)
        {
            return organizations.Contains(Groups.Masters) ? "the signer does not sign for group system:masters" : null;
        }

        if (organizations is not [Groups.Nodes])
        {
            return "organization in the subject must be system:nodes and nothing else";
        }

        var name = SigningRequestPem.CommonName(parsed.SubjectName);
        if (!name.StartsWith(Groups.NodeUserPrefix, StringComparison.Ordinal) || name.Length == Groups.NodeUserPrefix.Length)
        {
            return "the common name must be system:node: and the node's name";
        }

        var names = Names(parsed);
        if (signer == NodeClientSigner)
        {
            return names is null ? null : "a client's certificate has no subject alternative names";
        }

        return request.Spec.Username != name ? "the requester must be the node itself"
            : names is null || (!names.EnumerateDnsNames().Any() && !names.EnumerateIPAddresses().Any()) ? "a server's certificate needs a DNS name or an address"
            : null;
    }

    private static X509SubjectAlternativeNameExtension? Names(CertificateRequest parsed) =>
        parsed.CertificateExtensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();

    private static X509KeyUsageFlags KeyUsages(IEnumerable<string> usages) => usages.Aggregate(X509KeyUsageFlags.None, static (flags, usage) => flags | usage switch
    {
        "digital signature" => X509KeyUsageFlags.DigitalSignature,
        "key encipherment" => X509KeyUsageFlags.KeyEncipherment,
        _ => X509KeyUsageFlags.None,
    });
}
