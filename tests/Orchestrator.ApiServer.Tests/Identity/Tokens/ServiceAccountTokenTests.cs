using Microsoft.AspNetCore.Http;
using Orchestrator.Api.Authentication.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Identity.Authentication;
using Orchestrator.ApiServer.Identity.Certificates;
using Orchestrator.ApiServer.Identity.Tokens;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Identity.Tokens;

public sealed class ServiceAccountTokenTests : IDisposable
{
    private static readonly string[] Api = ["https://kubernetes.default.svc.cluster.local"];

    private readonly TemporaryDirectory _directory = new();
    private readonly HandClock _time = new();
    private readonly ObjectShelf _objects = new();
    private readonly IdentityServices _identity;
    private readonly ServiceAccount _account = new() { Metadata = new ObjectMeta { Namespace = "d", Name = "default", Uid = "u-1" } };

    public ServiceAccountTokenTests()
    {
        _identity = new IdentityServices(ClusterPki.Open(new PkiOptions { Directory = _directory.Path }, _time), _objects, new IdentityOptions(), _time);
        _objects.Put(_account);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_requested_token_is_its_account()
    {
        var token = Request(new TokenRequestSpec()).Status.Token;
        var headers = new HeaderDictionary { ["Authorization"] = "Bearer " + token };
        var user = await _identity.Authenticator.AuthenticateAsync(new RequestCredentials(null, headers), CancellationToken.None);

        Assert.Equal("system:serviceaccount:d:default", user.Name);
        Assert.Equal("u-1", user.Uid);
        Assert.Equal(["system:serviceaccounts", "system:serviceaccounts:d", "system:authenticated"], user.Groups);
        Assert.StartsWith("JTI=", user.Extra["authentication.kubernetes.io/credential-id"][0]);
    }

    [Fact]
    public async Task A_changed_token_is_refused()
    {
        var token = Request(new TokenRequestSpec()).Status.Token;
        var parts = token.Split('.');
        var forged = parts[0] + "." + parts[1][..10] + (parts[1][10] == 'A' ? 'B' : 'A') + parts[1][11..] + "." + parts[2];

        Assert.Null((await ReviewAsync(forged, Api)).User);
    }

    [Fact]
    public async Task An_account_that_is_gone_takes_its_tokens_with_it_at_once()
    {
        var token = Request(new TokenRequestSpec()).Status.Token;
        Assert.NotNull((await ReviewAsync(token, Api)).User);

        _objects.Remove(_account);
        Assert.Equal("[invalid bearer token, serviceaccounts \"default\" not found]", (await ReviewAsync(token, Api)).Error);
    }

    [Fact]
    public async Task A_token_bound_to_a_pod_names_it_and_ends_with_it()
    {
        var pod = new Pod { Metadata = new ObjectMeta { Namespace = "d", Name = "p", Uid = "u-2" }, Spec = new PodSpec { ServiceAccountName = "default" } };
        _objects.Put(pod);
        var token = Request(new TokenRequestSpec { BoundObjectRef = new BoundObjectReference { Kind = "Pod", ApiVersion = "v1", Name = "p" } }).Status.Token;

        var user = (await ReviewAsync(token, Api)).User!;
        Assert.Equal(["p"], user.Extra["authentication.kubernetes.io/pod-name"]);

        _objects.Put(pod with { Metadata = pod.Metadata with { Uid = "u-3" } });
        Assert.Equal("[invalid bearer token, service account token has been invalidated]", (await ReviewAsync(token, Api)).Error);
    }

    [Fact]
    public async Task A_token_for_others_is_refused_here()
    {
        var token = Request(new TokenRequestSpec { Audiences = ["other"] }).Status.Token;

        Assert.Equal(
            "[invalid bearer token, token audiences [\"other\"] is invalid for the target audiences [\"https://kubernetes.default.svc.cluster.local\"]]",
            (await ReviewAsync(token, Api)).Error);
        Assert.Equal(["other"], (await ReviewAsync(token, ["other", "more"])).Audiences);
    }

    [Fact]
    public async Task A_token_ends_with_its_time()
    {
        var request = Request(new TokenRequestSpec { ExpirationSeconds = 600 });
        Assert.Equal(_time.GetUtcNow().AddSeconds(600), request.Status.ExpirationTimestamp);

        _time.Advance(TimeSpan.FromSeconds(599));
        Assert.NotNull((await ReviewAsync(request.Status.Token, Api)).User);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null((await ReviewAsync(request.Status.Token, Api)).User);
    }

    [Fact]
    public void A_lifetime_under_ten_minutes_is_invalid()
    {
        var e = Assert.Throws<ApiException>(() => Request(new TokenRequestSpec { ExpirationSeconds = 599 }));
        Assert.Equal(
            "TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes",
            e.Status.Message);
    }

    [Fact]
    public async Task A_token_without_signature_is_refused()
    {
        Assert.Equal("invalid bearer token", (await ReviewAsync("eyJhbGciOiJub25lIn0.e30.", Api)).Error);
    }

    private TokenRequest Request(TokenRequestSpec spec) => _identity.TokenRequests.Create("d", "default", new TokenRequest { Spec = spec });

    private ValueTask<AuthenticationResult> ReviewAsync(string token, IReadOnlyList<string> audiences) =>
        _identity.Authenticator.AuthenticateTokenAsync(token, audiences, CancellationToken.None);
}
