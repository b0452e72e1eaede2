using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Identity.Authentication;
using Orchestrator.ApiServer.Identity.Certificates;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Identity.Certificates;

public sealed class ClusterPkiTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly HandClock _time = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_second_start_keeps_all_keys()
    {
        var first = Open();
        var second = Open();

        Assert.Equal(first.Authority.Pin, second.Authority.Pin);
        Assert.Equal(first.ServingCertificate().Thumbprint, second.ServingCertificate().Thumbprint);
        Assert.Equal(first.ServiceAccountKeys.SigningKeyId, second.ServiceAccountKeys.SigningKeyId);
    }

    [Fact]
    public void Keys_are_their_owners_alone()
    {
        Open().ServingCertificate();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_directory["ca.key"]));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_directory["apiserver.key"]));
    }

    [Fact]
    public void A_serving_certificate_without_a_name_that_is_now_asked_for_is_replaced()
    {
        var before = Open().ServingCertificate().Thumbprint;
        var after = Open(IPAddress.Parse("10.96.0.1")).ServingCertificate();

        Assert.NotEqual(before, after.Thumbprint);
        Assert.Contains(IPAddress.Parse("10.96.0.1"), after.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single().EnumerateIPAddresses());
    }

    [Fact]
    public async Task Clients_are_told_whose_certificates_are_known()
    {
        var pki = Open();
        using var tls = new ServerTls(pki, _time, NullLogger<ServerTls>.Instance);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var near = new TcpClient();
        await near.ConnectAsync((IPEndPoint)listener.LocalEndpoint, TestContext.Current.CancellationToken);
        using var far = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        var issuers = Array.Empty<string>();

        await using var server = new SslStream(far.GetStream());
        await using var client = new SslStream(near.GetStream());
        var answered = server.AuthenticateAsServerAsync(await tls.HandshakeOptions.OnConnection(null!), TestContext.Current.CancellationToken);
        await client.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "kubernetes",
                RemoteCertificateValidationCallback = static (_, _, _, _) => true,
                LocalCertificateSelectionCallback = (_, _, _, _, acceptable) =>
                {
                    issuers = acceptable;
                    return null!;
                },
            },
            TestContext.Current.CancellationToken);
        await answered;

        Assert.Equal([pki.Authority.Certificate.Subject, pki.FrontProxyAuthority.Certificate.Subject], issuers);
    }

    [Fact]
    public void The_serving_certificate_is_renewed_in_the_running_process_after_two_thirds_of_its_life()
    {
        using var tls = new ServerTls(Open(), _time, NullLogger<ServerTls>.Instance);
        var before = tls.Certificate.Thumbprint;

        _time.Advance(TimeSpan.FromDays(200));
        tls.RotateWhenDue();
        Assert.Equal(before, tls.Certificate.Thumbprint);

        _time.Advance(TimeSpan.FromDays(60));
        tls.RotateWhenDue();
        Assert.NotEqual(before, tls.Certificate.Thumbprint);
    }

    [Fact]
    public void A_CA_without_its_key_stops_the_start_instead_of_making_another()
    {
        Open();
        File.Delete(_directory["ca.key"]);

        Assert.Contains("ca.key", Assert.Throws<CryptographicException>(() => Open()).Message);
    }

    [Fact]
    public async Task The_administrators_certificate_is_known_as_member_of_system_masters()
    {
        var pki = Open();
        var user = await AuthenticateAsync(pki, pki.AdminCertificate());

        Assert.Equal("kubernetes-admin", user.Name);
        Assert.Equal(["system:masters", "system:authenticated"], user.Groups);
    }

    [Fact]
    public async Task A_certificate_of_another_CA_is_unauthorized()
    {
        using var elsewhere = new TemporaryDirectory();
        var foreign = ClusterPki.Open(new PkiOptions { Directory = elsewhere.Path }, _time).AdminCertificate();

        await Assert.ThrowsAsync<ApiException>(async () => await AuthenticateAsync(Open(), foreign));
    }

    [Fact]
    public async Task A_certificate_that_expires_on_an_open_connection_is_unauthorized_from_then_on()
    {
        var pki = Open();
        var authenticator = Authenticator(pki);
        using var certificate = pki.Authority.Issue(new CertificateProfile { CommonName = "x", Client = true, Validity = TimeSpan.FromHours(1) });
        var credentials = new RequestCredentials(certificate, new HeaderDictionary());
        Assert.Equal("x", (await authenticator.AuthenticateAsync(credentials, CancellationToken.None)).Name);

        _time.Advance(TimeSpan.FromHours(2));
        await Assert.ThrowsAsync<ApiException>(async () => await authenticator.AuthenticateAsync(credentials, CancellationToken.None));
    }

    [Fact]
    public async Task Clients_of_a_CA_that_was_added_are_known()
    {
        var other = CertificateAuthority.Create("other", TimeSpan.FromDays(1), _time);
        using var certificate = other.Issue(new CertificateProfile { CommonName = "jane", Organizations = ["devs"], Client = true, Validity = TimeSpan.FromHours(1) });
        await Assert.ThrowsAsync<ApiException>(async () => await AuthenticateAsync(Open(), certificate));

        File.WriteAllText(_directory["more.crt"], other.Pem);
        var pki = ClusterPki.Open(new PkiOptions { Directory = _directory.Path, ClientAuthorityFile = _directory["more.crt"] }, _time);

        Assert.Equal("jane", (await AuthenticateAsync(pki, certificate)).Name);
        Assert.Equal("kubernetes-admin", (await AuthenticateAsync(pki, pki.AdminCertificate())).Name);
    }

    [Fact]
    public void A_file_without_client_CAs_stops_the_start()
    {
        File.WriteAllText(_directory["none.crt"], "nothing");

        Assert.Contains("none.crt", Assert.Throws<FormatException>(() => ClusterPki.Open(new PkiOptions { Directory = _directory.Path, ClientAuthorityFile = _directory["none.crt"] }, _time)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_serving_certificate_is_no_clients()
    {
        var pki = Open();
        await Assert.ThrowsAsync<ApiException>(async () => await AuthenticateAsync(pki, pki.ServingCertificate()));
    }

    private ClusterPki Open(params IPAddress[] addresses) => ClusterPki.Open(new PkiOptions { Directory = _directory.Path, Addresses = addresses }, _time);

    private RequestAuthenticator Authenticator(ClusterPki pki) => new IdentityServices(pki, new ObjectShelf(), new IdentityOptions(), _time).Authenticator;

    private ValueTask<UserInfo> AuthenticateAsync(ClusterPki pki, X509Certificate2 certificate) =>
        Authenticator(pki).AuthenticateAsync(new RequestCredentials(certificate, new HeaderDictionary()), CancellationToken.None);
}
