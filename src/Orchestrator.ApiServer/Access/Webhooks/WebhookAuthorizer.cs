using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Orchestrator.Api;
using Orchestrator.Api.Authorization.V1;
using Orchestrator.Api.Json;
using Orchestrator.Api.Rbac.V1;
using Orchestrator.ApiServer.Identity;

namespace Orchestrator.ApiServer.Access.Webhooks;

/// <summary>Asks a server by SubjectAccessReview, and remembers its answers for a while.</summary>
internal sealed partial class WebhookAuthorizer : IAuthorizer, IDisposable
{
    /// <summary>Answers kept; beyond, the outdated ones are dropped, and all if none is.</summary>
    private const int RememberedMax = 8192;

    /// <summary>What requesters choose may be long, and must not fill the memory: longer requests are asked for each time. In bytes.</summary>
    private const int RememberedRequestMax = 10_000;

    private readonly WebhookAuthorizerOptions _options;
    private readonly ReviewClient _client;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<string, (AccessDecision Decision, DateTimeOffset Until)> _remembered = new(StringComparer.Ordinal);

    /// <exception cref="FormatException">The kubeconfig is none.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public WebhookAuthorizer(WebhookAuthorizerOptions options, TimeProvider time, ILogger<WebhookAuthorizer> logger)
    {
        (_options, _time, _logger) = (options, time, logger);
        _client = new ReviewClient(options.KubeconfigFile, options.Timeout, time);
    }

    public ValueTask<AccessDecision> AuthorizeAsync(in AccessAttributes attributes, CancellationToken cancellationToken)
    {
        var spec = SpecOf(attributes);
        if (_options.Conditions is { } conditions && !conditions.Hold(spec, out var fault))
        {
            if (fault.Length == 0)
            {
                return new(new AccessDecision(AccessVerdict.NoOpinion, "", ""));
            }

            LogFailed(_options.Name, fault);
            return new(new AccessDecision(_options.DenyOnFailure ? AccessVerdict.Deny : AccessVerdict.NoOpinion, "", fault));
        }

        var key = Encoding.UTF8.GetString(ApiJson.WriteToArray(spec));
        return _remembered.TryGetValue(key, out var known) && known.Until > _time.GetUtcNow() ? new(known.Decision) : AskAsync(IsRemembered(attributes) ? key : null, spec, cancellationToken);
    }

    public string AddRules(UserInfo user, string ns, List<PolicyRule> rules) => "webhook authorizer does not support user rule resolution";

    private string ApiVersion => "authorization.k8s.io/" + _options.Version;

    public void Dispose() => _client.Dispose();

    private static SubjectAccessReviewSpec SpecOf(in AccessAttributes attributes)
    {
        var spec = new SubjectAccessReviewSpec
        {
            User = attributes.User.Name,
            Uid = attributes.User.Uid,
            Groups = attributes.User.Groups.ToApiList(),
            Extra = attributes.User.Extra.ToDictionary(static e => e.Key, static e => e.Value.ToApiList()),
        };
        if (!attributes.IsResource)
        {
            return spec with { NonResourceAttributes = new NonResourceAttributes { Path = attributes.Path, Verb = attributes.Verb } };
        }

        return spec with
        {
            ResourceAttributes = new ResourceAttributes
            {
                Namespace = attributes.Namespace,
                Verb = attributes.Verb,
                Group = attributes.ApiGroup,
                Version = attributes.ApiVersion,
                Resource = attributes.Resource,
                Subresource = attributes.Subresource,
                Name = attributes.Name,
                FieldSelector = attributes.FieldRequirements.Count > 0 ? new FieldSelectorAttributes { Requirements = attributes.FieldRequirements.ToApiList() } : null,
                LabelSelector = attributes.LabelRequirements.Count > 0 ? new LabelSelectorAttributes { Requirements = attributes.LabelRequirements.ToApiList() } : null,
            },
        };
    }

    private static bool IsRemembered(in AccessAttributes attributes) =>
        attributes.Namespace.Length + attributes.Verb.Length + attributes.ApiGroup.Length + attributes.ApiVersion.Length + attributes.Resource.Length
        + attributes.Subresource.Length + attributes.Name.Length + attributes.Path.Length < RememberedRequestMax;

    private async ValueTask<AccessDecision> AskAsync(string? key, SubjectAccessReviewSpec spec, CancellationToken cancellationToken)
    {
        SubjectAccessReviewStatus status;
        try
        {
            status = ReviewClient.Read<SubjectAccessReview>(await _client.PostAsync(BodyOf(spec), cancellationToken), ApiVersion, "SubjectAccessReview").Status;
        }
        catch (HttpRequestException failure)
        {
            LogFailed(_options.Name, failure.Message);
            return new(_options.DenyOnFailure ? AccessVerdict.Deny : AccessVerdict.NoOpinion, "", failure.Message);
        }

        var decision = (status.Allowed, status.Denied) switch
        {
            (true, true) => new AccessDecision(AccessVerdict.Deny, status.Reason, "webhook subject access review returned both allow and deny response"),
            (true, _) => new AccessDecision(AccessVerdict.Allow, status.Reason),
            (_, true) => new AccessDecision(AccessVerdict.Deny, status.Reason),
            _ => new AccessDecision(AccessVerdict.NoOpinion, status.Reason),
        };
        if (key is not null)
        {
            Remember(key, decision, status.Allowed ? _options.AuthorizedTtl : _options.UnauthorizedTtl);
        }

        return decision;
    }

    private byte[] BodyOf(SubjectAccessReviewSpec spec)
    {
        var body = ApiJson.WriteToArray(new SubjectAccessReview { ApiVersion = ApiVersion, Kind = "SubjectAccessReview", Spec = spec });
        if (_options.Version == "v1" || spec.Groups.Count == 0)
        {
            return body;
        }

        // The groups had another name before.
        var review = JsonNode.Parse(body)!;
        var given = review["spec"]!.AsObject();
        given.Insert(given.IndexOf("groups"), "group", given["groups"]!.DeepClone());
        given.Remove("groups");
        return Encoding.UTF8.GetBytes(review.ToJsonString());
    }

    private void Remember(string key, AccessDecision decision, TimeSpan span)
    {
        if (span <= TimeSpan.Zero)
        {
            return;
        }

        var now = _time.GetUtcNow();
        if (_remembered.Count >= RememberedMax)
        {
            foreach (var (old, entry) in _remembered)
            {
                if (entry.Until <= now)
                {
                    _remembered.TryRemove(old, out _);
                }
            }

            if (_remembered.Count >= RememberedMax)
            {
                _remembered.Clear();
            }
        }

        _remembered[key] = (decision, now + span);
    }

    [LoggerMessage(3101, LogLevel.Error, "The authorization webhook {Name} failed: {Reason}")]
    private partial void LogFailed(string name, string reason);
}
