using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.ApiServer.Identity.Authentication;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Identity.Authentication;

public sealed class OidcAuthenticatorTests : IAsyncLifetime
{
    private readonly HandClock _clock = new();
    private OidcProvider _provider = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private DateTimeOffset Soon => _clock.GetUtcNow().AddMinutes(10);

    public async ValueTask InitializeAsync() => _provider = await OidcProvider.StartAsync(Cancel);

    public ValueTask DisposeAsync() => _provider.DisposeAsync();

    [Fact]
    public async Task Claims_become_user_and_groups_with_their_prefixes()
    {
        using var authenticator = Authenticator(o => o with { GroupsClaim = "teams", GroupsPrefix = "oidc:", UidClaim = "employee" });
        var token = _provider.Token(Soon, ("teams", new JsonArray("blue", "red")), ("employee", "42"));
        var user = (await authenticator.AuthenticateAsync(token, ["api"], Cancel)).User!;
        Assert.Equal((_provider.Url + "#jane", "42"), (user.Name, user.Uid));
        Assert.Equal(["oidc:blue", "oidc:red", "system:authenticated"], user.Groups);
    }

    [Fact]
    public async Task What_is_not_for_us_or_over_or_unverified_is_refused()
    {
        using var authenticator = Authenticator(o => o with { UsernameClaim = "email", RequiredClaims = new Dictionary<string, string> { ["tenant"] = "a" } });
        Assert.Contains("expired", await ErrorAsync(_provider.Token(_clock.GetUtcNow().AddSeconds(-1))), StringComparison.Ordinal);
        Assert.Contains("expected audience", await ErrorAsync(_provider.Token(Soon, ("aud", "other"))), StringComparison.Ordinal);
        Assert.Contains("required claim tenant", await ErrorAsync(_provider.Token(Soon, ("email", "j@x"), ("email_verified", true))), StringComparison.Ordinal);
        Assert.Contains("not verified", await ErrorAsync(_provider.Token(Soon, ("tenant", "a"), ("email", "j@x"), ("email_verified", false))), StringComparison.Ordinal);
        Assert.Equal("j@x", (await authenticator.AuthenticateAsync(_provider.Token(Soon, ("tenant", "a"), ("email", "j@x"), ("email_verified", true)), ["api"], Cancel)).User?.Name);

        async Task<string> ErrorAsync(string token) => (await authenticator.AuthenticateAsync(token, ["api"], Cancel)).Error;
    }

    [Fact]
    public async Task A_token_signed_in_another_way_than_agreed_is_refused()
    {
        using var authenticator = Authenticator(static o => o with { SigningAlgorithms = ["PS512"] });
        Assert.Contains("unsupported algorithm, expected [\"PS512\"] got ", (await authenticator.AuthenticateAsync(_provider.Token(Soon), ["api"], Cancel)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_are_fetched_once_and_again_when_a_token_names_a_new_one()
    {
        using var authenticator = Authenticator(static o => o);
        Assert.NotNull((await authenticator.AuthenticateAsync(_provider.Token(Soon), ["api"], Cancel)).User);
        Assert.NotNull((await authenticator.AuthenticateAsync(_provider.Token(Soon), ["api"], Cancel)).User);
        Assert.Equal(1, _provider.KeyFetches);
        _provider.RotateKey();
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.NotNull((await authenticator.AuthenticateAsync(_provider.Token(Soon), ["api"], Cancel)).User);
        Assert.Equal(2, _provider.KeyFetches);
    }

    [Fact]
    public async Task Expressions_make_users_of_claims_and_refuse_both()
    {
        var options = Read("""
            jwt:
            - issuer: {url: "https://issuer.example", audiences: [cluster]}
              claimMappings:
                username: {expression: '"x:" + claims.sub'}
                groups: {expression: 'claims.roles.split(",")'}
                uid: {expression: 'claims.?employee.orValue("none")'}
                extra:
                - {key: example.com/tenant, valueExpression: 'claims.tenant'}
              claimValidationRules:
              - {expression: 'claims.level > 2', message: too low}
              userValidationRules:
              - {expression: "!user.username.startsWith('system:') && !('admins' in user.groups)", message: reserved}
            """)[0];
        using var authenticator = Authenticator(o => options with { IssuerUrl = o.IssuerUrl, AuthorityPem = o.AuthorityPem });
        var user = (await authenticator.AuthenticateAsync(Token("a,b", 3), ["api"], Cancel)).User!;
        Assert.Equal(("x:jane", "none"), (user.Name, user.Uid));
        Assert.Equal(["a", "b", "system:authenticated"], user.Groups);
        Assert.Equal(["t1"], user.Extra["example.com/tenant"]);
        Assert.Contains("too low", (await authenticator.AuthenticateAsync(Token("a", 1), ["api"], Cancel)).Error, StringComparison.Ordinal);
        Assert.Contains("reserved", (await authenticator.AuthenticateAsync(Token("admins", 3), ["api"], Cancel)).Error, StringComparison.Ordinal);

        string Token(string roles, int level) => _provider.Token(Soon, ("roles", roles), ("level", level), ("tenant", new JsonArray("t1")));
    }

    [Fact]
    public void Anonymous_requests_are_let_in_where_the_configuration_says()
    {
        var some = Setup("anonymous: {enabled: true, conditions: [{path: /livez}]}").Anonymous;
        Assert.True(some.Admits("/livez"));
        Assert.False(some.Admits("/api"));
        Assert.False(Setup("anonymous: {enabled: false}").Anonymous.Admits("/livez"));
        Assert.True(Setup("jwt: []").Anonymous.Admits("/api"));
    }

    [Fact]
    public void Issuers_are_read_from_a_configuration_file()
    {
        var issuer = Assert.Single(Read("""
            jwt:
            - issuer: {url: "https://issuer.example", audiences: [a, b], audienceMatchPolicy: MatchAny}
              claimMappings:
                username: {claim: sub, prefix: "x:"}
                groups: {claim: groups, prefix: ""}
              claimValidationRules:
              - {claim: hd, requiredValue: example.com}
            """));
        Assert.Equal(("https://issuer.example", "x:", "groups"), (issuer.IssuerUrl, issuer.UsernamePrefix, issuer.GroupsClaim));
        Assert.Equal(["a", "b"], issuer.Audiences);
        Assert.Equal("example.com", issuer.RequiredClaims["hd"]);
    }

    [Fact]
    public async Task A_token_names_itself_and_its_claims_must_be_of_their_types()
    {
        using var authenticator = Authenticator(static o => o with { GroupsClaim = "groups", UidClaim = "employee", RequiredClaims = new Dictionary<string, string> { ["hd"] = "example.com" } });
        var user = (await Ask(("employee", "7"), ("hd", "example.com"), ("jti", "id-1"), ("groups", "one"))).User!;
        Assert.Equal(("7", "JTI=id-1"), (user.Uid, Assert.Single(user.Extra["authentication.kubernetes.io/credential-id"])));
        Assert.Equal(["one", "system:authenticated"], user.Groups);

        Assert.Equal("oidc: parse uid claim \"employee\": claim not present", (await Ask(("hd", "example.com"))).Error);
        Assert.Equal("oidc: parse groups claim \"groups\": json: cannot unmarshal number into Go value of type string", (await Ask(("groups", 5))).Error);
        Assert.Equal("oidc: required claim hd not present in ID token", (await Ask(("employee", "7"))).Error);
        Assert.Equal("oidc: required claim hd value does not match. Got = x, want = example.com", (await Ask(("employee", "7"), ("hd", "x"))).Error);

        async Task<AuthenticationResult> Ask(params (string Name, JsonNode Value)[] claims) => await authenticator.AuthenticateAsync(_provider.Token(Soon, claims), ["api"], Cancel);
    }

    private static IReadOnlyList<OidcOptions> Read(string rest) => Setup(rest).Issuers;

    private static AuthenticationSetup Setup(string rest) =>
        AuthenticationConfigReader.Parse(Encoding.UTF8.GetBytes("kind: AuthenticationConfiguration\napiVersion: apiserver.config.k8s.io/v1\n" + rest));

    private OidcAuthenticator Authenticator(Func<OidcOptions, OidcOptions> change) => new(
        change(new OidcOptions { IssuerUrl = _provider.Url, ClientId = "cluster", AuthorityPem = _provider.AuthorityPem }), _clock, NullLogger<OidcAuthenticator>.Instance);
}
