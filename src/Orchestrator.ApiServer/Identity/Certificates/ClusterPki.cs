using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orchestrator.ApiServer.Identity.Tokens;

namespace Orchestrator.ApiServer.Identity.Certificates;

/// <summary>
/// The cluster's keys: its CA, the CA of request headers, the key of service-account tokens, the serving certificate and the
/// administrator's. Made on first use, kept in <see cref="PkiOptions.Directory"/> under kubeadm's file names.
/// </summary>
/// <remarks>P-256 throughout: a key takes a fraction of a millisecond where RSA takes a hundred, and start-up has a budget.</remarks>
public sealed class ClusterPki
{
    private readonly PkiOptions _options;
    private readonly TimeProvider _time;
    private readonly Lazy<CertificateAuthority> _frontProxy;
    private readonly X509Certificate2Collection _frontProxies = [];
    private readonly Lazy<ServiceAccountKeys> _serviceAccountKeys;

    private ClusterPki(PkiOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        Authority = OpenAuthority("ca", "kubernetes");
        _frontProxy = new(() => OpenAuthority("front-proxy-ca", "front-proxy-ca"));
        ClientAuthorities = [Authority.Certificate];
        if (options.ClientAuthorityFile is { } file)
        {
            Import(ClientAuthorities, file, "client");
        }

        if (options.FrontProxyAuthorityFile is { } proxies)
        {
            Import(_frontProxies, proxies, "front proxy");
        }

        _serviceAccountKeys = new(() => ServiceAccountKeys.Open(File("sa.key"), File("sa.pub")));
    }

    /// <summary>Signs servers, clients and nodes.</summary>
    public CertificateAuthority Authority { get; }

    /// <summary>Whose client certificates are known: <see cref="Authority"/> and what the operator has added.</summary>
    internal X509Certificate2Collection ClientAuthorities { get; }

    /// <summary><see cref="ClientAuthorities"/> as PEM.</summary>
    internal string ClientAuthoritiesPem => ClientAuthorities.ExportCertificatePems() + "\n";

    /// <summary>Who may say in headers who makes a request: <see cref="FrontProxyAuthority"/> and what the operator has added.</summary>
    internal X509Certificate2Collection FrontProxyAuthorities => [FrontProxyAuthority.Certificate, .. _frontProxies];

    /// <summary>Signs the client certificate with which this server speaks to aggregated API servers.</summary>
    public CertificateAuthority FrontProxyAuthority => _frontProxy.Value;

    public ServiceAccountKeys ServiceAccountKeys => _serviceAccountKeys.Value;

    internal PkiOptions Options => _options;

    /// <summary>The names that the serving certificate is good for.</summary>
    public IReadOnlyList<string> ServerNames =>
    [
        .. new[] { "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc." + _options.ClusterDomain, "localhost" }
            .Concat(_options.DnsNames.Where(static n => n.Length > 0)).Distinct(StringComparer.OrdinalIgnoreCase),
    ];

    /// <summary>The addresses that the serving certificate is good for.</summary>
    public IReadOnlyList<IPAddress> ServerAddresses =>
    [
        .. new[] { IPAddress.Loopback, IPAddress.IPv6Loopback }
            .Concat(_options.Addresses.Where(static a => !a.Equals(IPAddress.Any) && !a.Equals(IPAddress.IPv6Any))).Distinct(),
    ];

    /// <exception cref="CryptographicException">A file is damaged; it names which.</exception>
    /// <exception cref="FormatException"><see cref="PkiOptions.ClientAuthorityFile"/> has no certificates.</exception>
    public static ClusterPki Open(PkiOptions options, TimeProvider time)
    {
        Directory.CreateDirectory(options.Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new(options, time);
    }

    /// <summary>The serving certificate: the stored one, or a new one if that is missing, ageing, another CA's, or lacks a name that is now asked for.</summary>
    internal X509Certificate2 ServingCertificate()
    {
        var profile = new CertificateProfile
        {
            CommonName = "kube-apiserver",
            Server = true,
            DnsNames = ServerNames,
            Addresses = ServerAddresses,
            Validity = _options.CertificateValidity,
        };
        return Keep("apiserver", Authority, profile);
    }

    /// <summary>The administrator's certificate: CN kubernetes-admin, O system:masters.</summary>
    public X509Certificate2 AdminCertificate() => Keep("admin", Authority, new CertificateProfile
    {
        CommonName = "kubernetes-admin",
        Organizations = ["system:masters"],
        Client = true,
        Validity = _options.CertificateValidity,
    });

    /// <summary>The certificate with which this server calls kubelets.</summary>
    public X509Certificate2 KubeletClientCertificate() => Keep("apiserver-kubelet-client", Authority, new CertificateProfile
    {
        CommonName = "kube-apiserver-kubelet-client",
        Organizations = ["system:masters"],
        Client = true,
        Validity = _options.CertificateValidity,
    });

    /// <summary>The certificate with which this server proves itself to aggregated API servers when it hands on who asks.</summary>
    public X509Certificate2 FrontProxyClientCertificate() => Keep("front-proxy-client", FrontProxyAuthority, new CertificateProfile
    {
        CommonName = "front-proxy-client",
        Client = true,
        Validity = _options.CertificateValidity,
    });

    /// <summary>A certificate and key in PEM for a client, such as a node that joins in-process. Not kept.</summary>
    public (string CertificatePem, string KeyPem) IssueClient(string user, IReadOnlyList<string> groups, TimeSpan validity)
    {
        using var certificate = Authority.Issue(new CertificateProfile { CommonName = user, Organizations = groups, Client = true, Validity = validity });
        return Pems(certificate);
    }

    /// <summary>A certificate and key in PEM for a server on a node. Not kept.</summary>
    public (string CertificatePem, string KeyPem) IssueServer(string name, IReadOnlyList<string> groups, IReadOnlyList<string> dnsNames, IReadOnlyList<IPAddress> addresses, TimeSpan validity)
    {
        using var certificate = Authority.Issue(new CertificateProfile
        {
            CommonName = name, Organizations = groups, DnsNames = dnsNames, Addresses = addresses, Server = true, Validity = validity,
        });
        return Pems(certificate);
    }

    internal static (string CertificatePem, string KeyPem) Pems(X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        return (certificate.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    /// <summary>When a certificate shall be replaced: after two thirds of its life.</summary>
    internal static DateTimeOffset RenewalTime(X509Certificate2 certificate)
    {
        DateTimeOffset start = certificate.NotBefore, end = certificate.NotAfter;
        return start + ((end - start) * 2 / 3);
    }

    private X509Certificate2 Keep(string name, CertificateAuthority authority, CertificateProfile profile)
    {
        string certificateFile = File(name + ".crt"), keyFile = File(name + ".key");
        if (Read(certificateFile, keyFile) is { } kept)
        {
            if (IsGood(kept, authority, profile))
            {
                return kept;
            }

            kept.Dispose();
        }

        var issued = authority.Issue(profile);
        CertificatePem.Write(certificateFile, keyFile, issued);
        return issued;
    }

    private bool IsGood(X509Certificate2 certificate, CertificateAuthority authority, CertificateProfile profile)
    {
        if (RenewalTime(certificate) <= _time.GetUtcNow()
            || !CertificateAuthority.Verify(certificate, [authority.Certificate], forClient: profile.Client, _time, out _))
        {
            return false;
        }

        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        return profile.DnsNames.All(n => names?.EnumerateDnsNames().Contains(n, StringComparer.OrdinalIgnoreCase) == true)
            && profile.Addresses.All(a => names?.EnumerateIPAddresses().Contains(a) == true);
    }

    private static void Import(X509Certificate2Collection authorities, string file, string whose)
    {
        var before = authorities.Count;
        try
        {
            authorities.ImportFromPemFile(file);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"cannot read the {whose} CAs of {file}: {e.Message}", e);
        }

        if (authorities.Count == before)
        {
            throw new FormatException($"no certificate in the {whose} CAs of {file}");
        }
    }

    private CertificateAuthority OpenAuthority(string name, string commonName)
    {
        string certificateFile = File(name + ".crt"), keyFile = File(name + ".key");
        if (Read(certificateFile, keyFile) is { } kept)
        {
            return new(kept, _time);
        }

        if (System.IO.File.Exists(certificateFile))
        {
            // A new CA in its place would shut out everybody who trusts this one.
            throw new CryptographicException($"{certificateFile} is there but its key {keyFile} is not: restore the key, or remove both to make a new CA");
        }

        var made = CertificateAuthority.Create(commonName, _options.AuthorityValidity, _time);
        CertificatePem.Write(certificateFile, keyFile, made.Certificate);
        return made;
    }

    private static X509Certificate2? Read(string certificateFile, string keyFile)
    {
        try
        {
            return CertificatePem.Read(certificateFile, keyFile);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new CryptographicException($"{certificateFile} and {keyFile} are no certificate with its key: {e.Message}", e);
        }
    }

    private string File(string name) => Path.Combine(_options.Directory, name);
}
