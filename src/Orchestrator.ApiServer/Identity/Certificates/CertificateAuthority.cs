using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Orchestrator.ApiServer.Identity.Certificates;

/// <summary>A CA of the cluster: signs what the cluster needs and checks what it has signed. May be used by several threads at once.</summary>
public sealed class CertificateAuthority
{
    /// <summary>Clocks of nodes run apart; a certificate is good a little before it was made, as upstream's signer has it.</summary>
    private static readonly TimeSpan Backdate = TimeSpan.FromMinutes(5);

    private static readonly Oid ServerAuth = new("1.3.6.1.5.5.7.3.1");
    private static readonly Oid ClientAuth = new("1.3.6.1.5.5.7.3.2");

    private readonly TimeProvider _time;
    private readonly ECDsa _key;

    internal CertificateAuthority(X509Certificate2 certificate, TimeProvider time)
    {
        Certificate = certificate;
        _time = time;
        _key = certificate.GetECDsaPrivateKey() ?? throw new CryptographicException("The CA has no EC key.");
        Pem = certificate.ExportCertificatePem() + "\n";
    }

    /// <summary>With its private key.</summary>
    internal X509Certificate2 Certificate { get; }

    /// <summary>The certificate in PEM, as clients trust it.</summary>
    public string Pem { get; }

    /// <summary><c>sha256:</c> and the hex SHA-256 of the public key (SubjectPublicKeyInfo): what a joining node pins, in kubeadm's form.</summary>
    public string Pin => PinOf(Certificate);

    /// <summary>The pin of any certificate's public key.</summary>
    public static string PinOf(X509Certificate2 certificate) =>
        "sha256:" + Convert.ToHexStringLower(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));

    /// <summary>A new self-signed CA.</summary>
    internal static CertificateAuthority Create(string commonName, TimeSpan validity, TimeProvider time)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(SubjectOf(commonName, []), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(commonName);
        request.CertificateExtensions.Add(names.Build());
        var now = time.GetUtcNow();
        return new(request.CreateSelfSigned(now - Backdate, now + validity), time);
    }

    /// <summary>A certificate with a new key.</summary>
    internal X509Certificate2 Issue(CertificateProfile profile)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(SubjectOf(profile.CommonName, profile.Organizations), key, HashAlgorithmName.SHA256);
        var usages = new OidCollection();
        if (profile.Server)
        {
            usages.Add(ServerAuth);
        }

        if (profile.Client)
        {
            usages.Add(ClientAuth);
        }

        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(usages, critical: false));
        if (profile.DnsNames.Count + profile.Addresses.Count > 0)
        {
            var names = new SubjectAlternativeNameBuilder();
            foreach (var name in profile.DnsNames)
            {
                names.AddDnsName(name);
            }

            foreach (var address in profile.Addresses)
            {
                names.AddIpAddress(address);
            }

            request.CertificateExtensions.Add(names.Build());
        }

        var now = _time.GetUtcNow();
        using var signed = Sign(request, now - Backdate, now + profile.Validity);
        using var pair = signed.CopyWithPrivateKey(key);
        // Through PEM, so that the key lives in the certificate's own handle and TLS may use it for as long as it likes.
        return X509Certificate2.CreateFromPem(pair.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>Signs a prepared request; adds what every leaf has: no CA, and whose key signed it. Never outlives the CA.</summary>
    internal X509Certificate2 Sign(CertificateRequest request, DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var end = new DateTimeOffset(Certificate.NotAfter);
        var start = new DateTimeOffset(Certificate.NotBefore);
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7f;
        serial[0] |= 0x01;
        return request.Create(
            Certificate.SubjectName,
            X509SignatureGenerator.CreateForECDsa(_key),
            notBefore < start ? start : notBefore,
            notAfter > end ? end : notAfter,
            serial);
    }

    /// <summary>Whether a certificate is this CA's, in time, and good for the purpose; the reason in <paramref name="why"/> if not.</summary>
    internal static bool Verify(X509Certificate2 certificate, X509Certificate2Collection authorities, bool forClient, TimeProvider time, out string why)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTimeIgnored = false;
        chain.ChainPolicy.VerificationTime = time.GetUtcNow().LocalDateTime;
        if (!IsForAnything(certificate))
        {
            chain.ChainPolicy.ApplicationPolicy.Add(forClient ? ClientAuth : ServerAuth);
        }

        chain.ChainPolicy.ExtraStore.AddRange(ClientChains.Of(certificate));
        if (chain.Build(certificate))
        {
            why = "";
            return true;
        }

        why = string.Join("; ", chain.ChainStatus.Select(static s => s.StatusInformation.Trim()));
        return false;
    }

    private static bool IsForAnything(X509Certificate2 certificate)
    {
        const string Any = "2.5.29.37.0";
        return certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Any(static e => e.EnhancedKeyUsages.OfType<Oid>().Any(static o => o.Value == Any));
    }

    internal static X500DistinguishedName SubjectOf(string commonName, IReadOnlyList<string> organizations)
    {
        var builder = new X500DistinguishedNameBuilder();
        foreach (var organization in organizations)
        {
            builder.AddOrganizationName(organization);
        }

        builder.AddCommonName(commonName);
        return builder.Build();
    }
}
