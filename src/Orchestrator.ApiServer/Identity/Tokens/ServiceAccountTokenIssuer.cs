using System.Text.Json.Nodes;
using Orchestrator.Api;

namespace Orchestrator.ApiServer.Identity.Tokens;

/// <summary>Makes service-account tokens with the claims that Kubernetes 1.36 puts into them.</summary>
internal sealed class ServiceAccountTokenIssuer(ServiceAccountKeys keys, ServiceAccountTokenOptions options, TimeProvider time)
{
    /// <summary>The lifetime that agents ask for pods' tokens; such a token lives a year and warns when it is used after this time.</summary>
    private const long WarnAfterSeconds = (60 * 60) + 7;

    private const long ExtendedSeconds = 365 * 24 * 60 * 60;

    /// <summary>A token that ends with its account, its bound object, and its time.</summary>
    /// <param name="account">The account.</param>
    /// <param name="bound">What the token is bound to; null for the account alone.</param>
    /// <param name="node">The node that a bound pod runs on, if known.</param>
    /// <param name="audiences">Who may accept it.</param>
    /// <param name="seconds">How long it lives.</param>
    public string Issue(ApiObject account, ApiObject? bound, (string Name, string Uid)? node, IReadOnlyList<string> audiences, long seconds)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var isPod = bound is Api.Core.V1.Pod;
        long warnAfter = 0;
        if (isPod && seconds == WarnAfterSeconds && audiences.Any(options.Audiences.Contains))
        {
            (warnAfter, seconds) = (now + seconds, ExtendedSeconds);
        }

        var kubernetes = new JsonObject { ["namespace"] = account.Metadata.Namespace };
        if (isPod && node is { } where)
        {
            kubernetes["node"] = Reference(where.Name, where.Uid);
        }

        if (bound is not null)
        {
            kubernetes[bound switch { Api.Core.V1.Pod => "pod", Api.Core.V1.Secret => "secret", _ => "node" }] = Reference(bound.Metadata.Name, bound.Metadata.Uid);
        }

        kubernetes["serviceaccount"] = Reference(account.Metadata.Name, account.Metadata.Uid);
        if (warnAfter > 0)
        {
            kubernetes["warnafter"] = warnAfter;
        }

        var claims = new JsonObject
        {
            ["aud"] = new JsonArray(audiences.Select(static a => (JsonNode)a).ToArray()),
            ["exp"] = now + seconds,
            ["iat"] = now,
            ["iss"] = options.Issuer,
            ["jti"] = Guid.NewGuid().ToString(),
            ["kubernetes.io"] = kubernetes,
            ["nbf"] = now,
            ["sub"] = Groups.ServiceAccountUser(account.Metadata.Namespace, account.Metadata.Name),
        };
        return keys.Sign(claims);
    }

    /// <summary>A token without end, as a Secret of type kubernetes.io/service-account-token holds it; it ends with the Secret.</summary>
    public string IssueForSecret(ApiObject account, string secretName) => keys.Sign(new JsonObject
    {
        ["iss"] = ServiceAccountTokenAuthenticator.LegacyIssuer,
        ["kubernetes.io/serviceaccount/namespace"] = account.Metadata.Namespace,
        ["kubernetes.io/serviceaccount/secret.name"] = secretName,
        ["kubernetes.io/serviceaccount/service-account.name"] = account.Metadata.Name,
        ["kubernetes.io/serviceaccount/service-account.uid"] = account.Metadata.Uid,
        ["sub"] = Groups.ServiceAccountUser(account.Metadata.Namespace, account.Metadata.Name),
    });

    private static JsonObject Reference(string name, string uid) => new() { ["name"] = name, ["uid"] = uid };
}
