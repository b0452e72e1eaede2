using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Identity.Authentication;
using Orchestrator.ApiServer.Identity.Certificates;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Identity.Authentication;

public sealed class RequestAuthenticatorTests : IDisposable
{
    private const string UserUid = "1.3.6.1.4.1.57683.2";
    private static readonly Oid ClientAuth = new("1.3.6.1.5.5.7.3.2");
    private readonly X509Certificate2 _clients = Authority("clients");
    private readonly X509Certificate2 _proxies = Authority("proxies");
    private readonly TemporaryDirectory _directory = new();
    private readonly RequestAuthenticator _authenticator;

    public RequestAuthenticatorTests()
    {
        File.WriteAllText(_directory["tokens.csv"], "tok,bob,2,devs\n");
        string[] audiences = ["api"];
        _authenticator = new RequestAuthenticator(
            new CertificateAuthenticator([_clients], TimeProvider.System),
            [new OwnAudiences(StaticTokenAuthenticator.Read(_directory["tokens.csv"]), audiences)],
            audiences,
            proxies: new RequestHeaderAuthenticator(new RequestHeaderOptions(), [_proxies], TimeProvider.System));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _clients.Dispose();
        _proxies.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_proxy_says_who_makes_a_request()
    {
        using var proxy = Client(_proxies, "CN=front-proxy-client");
        var user = await AskAsync(
            proxy, ("X-Remote-User", "jane"), ("X-Remote-Group", "a"), ("X-Remote-Uid", "7"), ("X-Remote-Extra-Example.com%2fTenant", "t"), ("X-Remote-Extra-a%zz", "raw"));
        Assert.Equal(("jane", "7"), (user.Name, user.Uid));
        Assert.Equal(["a", "system:authenticated"], user.Groups);
        Assert.Equal(["t"], user.Extra["example.com/tenant"]);
        Assert.Equal(["raw"], user.Extra["a%zz"]);
    }

    [Fact]
    public async Task Nobody_else_may_say_it()
    {
        using var other = Client(_proxies, "CN=somebody");
        using var client = Client(_clients, "CN=front-proxy-client");
        await Assert.ThrowsAsync<ApiException>(() => AskAsync(other, ("X-Remote-User", "jane")));
        Assert.Equal("front-proxy-client", (await AskAsync(client, ("X-Remote-User", "jane"))).Name);
        Assert.Equal("system:anonymous", (await AskAsync(null, ("X-Remote-User", "jane"))).Name);

        // A proxy that says nothing is nobody, and its certificate opens no other door.
        using var silent = Client(_proxies, "CN=front-proxy-client");
        await Assert.ThrowsAsync<ApiException>(() => AskAsync(silent));
    }

    [Theory]
    [InlineData("CN=jane,O=devs", null, "jane", "", "devs,system:authenticated")]
    [InlineData("CN=jane,O=system:authenticated,O=system:unauthenticated", null, "jane", "", "system:authenticated,system:unauthenticated")]
    [InlineData("CN=jane,OID." + UserUid + "=u1", null, "jane", "u1", "system:authenticated")]
    [InlineData("CN=jane", "2.5.29.37.0", "jane", "", "system:authenticated")]
    [InlineData("CN=jane", "1.3.6.1.5.5.7.3.1", null, "", "")]
    [InlineData("CN=jane,OID." + UserUid + "=u1,OID." + UserUid + "=u2", null, null, "", "")]
    public async Task A_certificate_tells_a_name_groups_and_a_uid(string subject, string? usage, string? name, string uid, string groups)
    {
        using var certificate = Client(_clients, subject, usage);
        if (name is null)
        {
            await Assert.ThrowsAsync<ApiException>(() => AskAsync(certificate));
            return;
        }

        var user = await AskAsync(certificate);
        Assert.Equal((name, uid), (user.Name, user.Uid));
        Assert.Equal(groups.Split(',').Order(), user.Groups.Order());
    }

    [Theory]
    [InlineData("{tok}, v1", null, "bob")]
    [InlineData("v1, {tok}", null, "bob")]
    [InlineData("{tok}", null, null)]
    [InlineData("{tok}, {tok}, v1", null, null)]
    [InlineData("base64url.bearer.authorization.k8s.io.!!, v1", null, null)]
    [InlineData("base64url.bearer.authorization.k8s.io., v1", null, "system:anonymous")]
    [InlineData("{tok}, v1", "Bearer wrong", "bob")]
    [InlineData("v1", "Bearer tok", "bob")]
    public async Task A_web_socket_brings_its_token_among_the_protocols(string protocols, string? authorization, string? name)
    {
        (string, string)[] headers =
        [
            ("Connection", "Upgrade"), ("Upgrade", "websocket"),
            ("Sec-WebSocket-Protocol", protocols.Replace("{tok}", "base64url.bearer.authorization.k8s.io." + Base64Url.EncodeToString("tok"u8), StringComparison.Ordinal)),
            .. authorization is null ? [] : new[] { ("Authorization", authorization) },
        ];
        if (name is null)
        {
            await Assert.ThrowsAsync<ApiException>(() => AskAsync(null, headers));
        }
        else
        {
            Assert.Equal(name, (await AskAsync(null, headers)).Name);
        }
    }

    [Fact]
    public async Task Tokens_that_know_no_audiences_are_good_for_this_server_alone()
    {
        Assert.Null((await _authenticator.AuthenticateTokenAsync("tok", ["other"], Cancel)).User);
        Assert.Equal(["api"], (await _authenticator.AuthenticateTokenAsync("tok", ["other", "api"], Cancel)).Audiences);
    }

    private async Task<UserInfo> AskAsync(X509Certificate2? certificate, params (string Name, string Value)[] headers)
    {
        var given = new HeaderDictionary();
        foreach (var (name, value) in headers)
        {
            given.Append(name, value);
        }

        return await _authenticator.AuthenticateAsync(new RequestCredentials(certificate, given), Cancel);
    }

    private static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
    }

    private static X509Certificate2 Client(X509Certificate2 authority, string subject, string? usage = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([usage is null ? ClientAuth : new Oid(usage)], false));
        return request.Create(authority, TimeProvider.System.GetUtcNow().AddHours(-1), TimeProvider.System.GetUtcNow().AddHours(1), [1, 2, 3, 4]);
    }
}
