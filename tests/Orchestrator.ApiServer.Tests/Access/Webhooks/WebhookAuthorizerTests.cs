using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Api.Authentication.V1;
using Orchestrator.Api.Authorization.V1;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Access;
using Orchestrator.ApiServer.Access.Webhooks;
using Orchestrator.ApiServer.Identity.Authentication;
using Orchestrator.ApiServer.Tests.Support;
using ApiUser = Orchestrator.ApiServer.Identity.UserInfo;

namespace Orchestrator.ApiServer.Tests.Access.Webhooks;

public sealed class WebhookAuthorizerTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly HandClock _clock = new();
    private WebApplication _server = null!;
    private int _calls;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static k => k.Listen(IPAddress.Loopback, 0));
        _server = builder.Build();
        _server.Run(AnswerAsync);
        await _server.StartAsync(Cancel);
        var url = _server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        await File.WriteAllTextAsync(_directory["webhook.yaml"],
            $$"""
            apiVersion: v1
            kind: Config
            clusters: [{name: c, cluster: {server: "{{url}}/review" } } ]
            users: [{name: u, user: {} } ]
            contexts: [{name: x, context: {cluster: c, user: u} } ]
            current-context: x
            """, Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _directory.Dispose();
    }

    [Theory]
    [InlineData("friend", AccessVerdict.Allow, "because")]
    [InlineData("foe", AccessVerdict.Deny, "never")]
    [InlineData("stranger", AccessVerdict.NoOpinion, "")]
    public async Task The_webhook_decides(string user, AccessVerdict verdict, string reason)
    {
        using var authorizer = Authorizer();
        var decision = await authorizer.AuthorizeAsync(Attributes(user), Cancel);
        Assert.Equal((verdict, reason), (decision.Verdict, decision.Reason));
    }

    [Fact]
    public async Task A_yes_is_remembered_longer_than_a_no()
    {
        using var authorizer = Authorizer();
        await authorizer.AuthorizeAsync(Attributes("friend"), Cancel);
        await authorizer.AuthorizeAsync(Attributes("stranger"), Cancel);
        _clock.Advance(TimeSpan.FromMinutes(1));
        await authorizer.AuthorizeAsync(Attributes("friend"), Cancel);
        Assert.Equal(2, _calls);
        await authorizer.AuthorizeAsync(Attributes("stranger"), Cancel);
        Assert.Equal(3, _calls);
    }

    [Theory]
    [InlineData("request.resourceAttributes.namespace == 'default'", 1, AccessVerdict.Allow)]
    [InlineData("has(request.nonResourceAttributes) || request.resourceAttributes.verb != 'get'", 0, AccessVerdict.NoOpinion)]
    [InlineData("request.nonResourceAttributes.path == '/'", 0, AccessVerdict.Deny)]
    public async Task Conditions_choose_what_is_asked(string condition, int calls, AccessVerdict verdict)
    {
        using var authorizer = new WebhookAuthorizer(
            new WebhookAuthorizerOptions { KubeconfigFile = _directory["webhook.yaml"], Conditions = new ReviewConditions([ReviewConditions.Compile(condition, out _)!]), DenyOnFailure = true },
            _clock,
            NullLogger<WebhookAuthorizer>.Instance);
        Assert.Equal(verdict, (await authorizer.AuthorizeAsync(Attributes("friend"), Cancel)).Verdict);
        Assert.Equal(calls, _calls);
    }

    [Fact]
    public async Task Tokens_are_known_by_a_webhook_and_its_users_are_authenticated()
    {
        using var authenticator = new WebhookTokenAuthenticator(
            new WebhookTokenOptions { KubeconfigFile = _directory["webhook.yaml"] }, ["api"], _clock, NullLogger<WebhookTokenAuthenticator>.Instance);
        var known = await authenticator.AuthenticateAsync("good", ["api"], Cancel);
        Assert.Equal("jane", known.User?.Name);
        Assert.Equal(["developers", "system:authenticated"], known.User?.Groups);
        Assert.Null((await authenticator.AuthenticateAsync("bad", ["api"], Cancel)).User);
        await authenticator.AuthenticateAsync("good", ["api"], Cancel);
        Assert.Equal(2, _calls);
    }

    private static AccessAttributes Attributes(string user) => new() { User = new ApiUser { Name = user }, Verb = "get", Resource = "pods", Namespace = "default", Name = "web" };

    private WebhookAuthorizer Authorizer() => new(new WebhookAuthorizerOptions { KubeconfigFile = _directory["webhook.yaml"] }, _clock, NullLogger<WebhookAuthorizer>.Instance);

    private async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _calls);
        var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
        var text = Encoding.UTF8.GetString(buffer.ToArray());
        if (text.Contains("TokenReview", StringComparison.Ordinal))
        {
            var token = ApiJson.Read<TokenReview>(buffer.ToArray()).Spec.Token;
            var answer = new TokenReview
            {
                ApiVersion = "authentication.k8s.io/v1", Kind = "TokenReview",
                Status = token == "good"
                    ? new TokenReviewStatus { Authenticated = true, User = new UserInfo { Username = "jane", Groups = ["developers"] } }
                    : new TokenReviewStatus(),
            };
            await context.Response.Body.WriteAsync(ApiJson.WriteToArray(answer), context.RequestAborted);
            return;
        }

        var spec = ApiJson.Read<SubjectAccessReview>(buffer.ToArray()).Spec;
        Assert.Equal(("get", "pods", "default", "web"), (spec.ResourceAttributes!.Verb, spec.ResourceAttributes.Resource, spec.ResourceAttributes.Namespace, spec.ResourceAttributes.Name));
        var review = new SubjectAccessReview
        {
            ApiVersion = "authorization.k8s.io/v1", Kind = "SubjectAccessReview",
            Status = spec.User switch
            {
                "friend" => new SubjectAccessReviewStatus { Allowed = true, Reason = "because" },
                "foe" => new SubjectAccessReviewStatus { Denied = true, Reason = "never" },
                _ => new SubjectAccessReviewStatus(),
            },
        };
        await context.Response.Body.WriteAsync(ApiJson.WriteToArray(review), context.RequestAborted);
    }
}
