using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Orchestrator.Agent.Http;

/// <summary>The server's certificate: from files, read again when they change, or one that it has signed itself.</summary>
internal sealed class ServerCertificate(NodeAgentOptions options, TimeProvider time)
{
    private static readonly TimeSpan SelfSignedLife = TimeSpan.FromDays(365);
    private readonly Lock _lock = new();
    private X509Certificate2? _current;
    private DateTime _readAt;

    public X509Certificate2 Current
    {
        get
        {
            lock (_lock)
            {
                if (options.ServerCertificatePath is { } path && options.ServerKeyPath is { } keyPath)
                {
                    var written = File.GetLastWriteTimeUtc(path);
                    if (_current is null || written != _readAt)
                    {
                        // Through PKCS#12, because a key that was just read from PEM is not always usable for TLS.
                        using var pem = X509Certificate2.CreateFromPemFile(path, keyPath);
                        _current = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
                        _readAt = written;
                    }
                }

                return _current ??= SelfSigned();
            }
        }
    }

    private X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={options.NodeName}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(options.Hostname ?? options.NodeName);
        foreach (var address in options.NodeAddresses)
        {
            names.AddIpAddress(address);
        }

        request.CertificateExtensions.Add(names.Build());
        var now = time.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddMinutes(-5), now + SelfSignedLife);
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }
}
