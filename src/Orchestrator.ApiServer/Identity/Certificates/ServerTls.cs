using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace Orchestrator.ApiServer.Identity.Certificates;

/// <summary>
/// TLS of the server: presents the serving certificate, asks clients for theirs, and replaces its own in the running process when two
/// thirds of its life are over. Connections that are open keep theirs; new ones get the new one.
/// </summary>
/// <remarks>
/// A client's certificate is taken whatever it is: the handshake only proves that the client has its key. Whether the cluster's CA signed it
/// is judged by the authenticator, so that a foreign certificate is answered with 401 instead of a broken connection, as upstream does.
/// </remarks>
public sealed partial class ServerTls : IDisposable
{
    /// <summary>Timers cannot wait for months, and a clock may be set.</summary>
    private static readonly TimeSpan CheckInterval = TimeSpan.FromHours(1);

    /// <summary>Those that Go serves by default and in its order, as upstream's server: OpenSSL's own order has AES-256 first, which costs a third more.</summary>
    private static readonly CipherSuitesPolicy Ciphers = new(
    [
        TlsCipherSuite.TLS_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]);

    private readonly ClusterPki _pki;
    private readonly TimeProvider _time;
    private readonly ILogger<ServerTls> _logger;
    private readonly ITimer _timer;
    private X509Certificate2 _certificate;
    private SslServerAuthenticationOptions _options;

    public ServerTls(ClusterPki pki, TimeProvider time, ILogger<ServerTls> logger)
    {
        _pki = pki;
        _time = time;
        _logger = logger;
        _certificate = pki.ServingCertificate();
        _options = OptionsFor(_certificate);
        _timer = time.CreateTimer(static state => ((ServerTls)state!).RotateWhenDue(), this, CheckInterval, CheckInterval);
    }

    /// <summary>The certificate that new connections get.</summary>
    public X509Certificate2 Certificate => Volatile.Read(ref _certificate);

    /// <summary>For <c>ListenOptions.UseHttps</c>. One options object serves all connections until the certificate changes, so TLS sessions resume.</summary>
    public TlsHandshakeCallbackOptions HandshakeOptions => new()
    {
        OnConnection = _ => ValueTask.FromResult(Volatile.Read(ref _options)),
        HandshakeTimeout = TimeSpan.FromSeconds(10),
    };

    public void Dispose() => _timer.Dispose();

    internal void RotateWhenDue()
    {
        if (ClusterPki.RenewalTime(_certificate) > _time.GetUtcNow())
        {
            return;
        }

        try
        {
            var next = _pki.ServingCertificate();
            Volatile.Write(ref _options, OptionsFor(next));
            Volatile.Write(ref _certificate, next);
            LogRotated(next.NotAfter.ToUniversalTime());
        }
        catch (Exception e)
        {
            // A third of its life is left, and the next check is an hour away.
            LogRotationFailed(e, _certificate.NotAfter.ToUniversalTime());
        }
    }

    private SslServerAuthenticationOptions OptionsFor(X509Certificate2 certificate) => new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(
            certificate,
            [_pki.Authority.Certificate],
            offline: true,
            // Clients with several certificates choose by these names.
            SslCertificateTrust.CreateForX509Collection([.. _pki.ClientAuthorities, .. _pki.FrontProxyAuthorities], sendTrustInHandshake: true)),
        ClientCertificateRequired = true,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { _pki.Authority.Certificate },
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        },
        RemoteCertificateValidationCallback = static (_, certificate, chain, _) =>
        {
            // Whose certificates are believed is decided by who authenticates the requests.
            ClientChains.Remember(certificate, chain);
            return true;
        },
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        CipherSuitesPolicy = Ciphers,
    };

    [LoggerMessage(3001, LogLevel.Information, "The serving certificate was renewed and is good until {NotAfter}")]
    private partial void LogRotated(DateTime notAfter);

    [LoggerMessage(3002, LogLevel.Error, "The serving certificate, good until {NotAfter}, could not be renewed")]
    private partial void LogRotationFailed(Exception error, DateTime notAfter);
}
