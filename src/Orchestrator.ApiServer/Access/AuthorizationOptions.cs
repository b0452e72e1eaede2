using Orchestrator.ApiServer.Access.Webhooks;
using Orchestrator.ApiServer.Reloading;

namespace Orchestrator.ApiServer.Access;

/// <summary>Who decides whether requests may be made, in order.</summary>
public sealed record AuthorizationOptions
{
    /// <summary>Node, RBAC, Webhook, AlwaysAllow, AlwaysDeny. Default Node and RBAC.</summary>
    public IReadOnlyList<string> Modes { get; init; } = ["Node", "RBAC"];

    /// <summary>The webhooks, in the order in which the modes name them.</summary>
    public IReadOnlyList<WebhookAuthorizerOptions> Webhooks { get; init; } = [];

    /// <summary>The AuthorizationConfiguration that says so, which is followed; null if flags do.</summary>
    public ConfigurationSource? File { get; init; }

    /// <summary>Builds the authorizers.</summary>
    /// <exception cref="FormatException">A mode is unknown, or given twice, or has no configuration.</exception>
    internal List<IAuthorizer> Build(Func<IAuthorizer> node, Func<IAuthorizer> rbac, Func<WebhookAuthorizerOptions, IAuthorizer> webhook)
    {
        var authorizers = new List<IAuthorizer>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var webhooks = 0;
        foreach (var mode in Modes)
        {
            if (mode != "Webhook" && !seen.Add(mode))
            {
                throw new FormatException($"authorization mode {mode} is given twice");
            }

            authorizers.Add(mode switch
            {
                "Node" => node(),
                "RBAC" => rbac(),
                "AlwaysAllow" => new FixedAuthorizer(allows: true),
                "AlwaysDeny" => new FixedAuthorizer(allows: false),
                "Webhook" when webhooks < Webhooks.Count => webhook(Webhooks[webhooks++]),
                "Webhook" => throw new FormatException("authorization mode Webhook needs --authorization-webhook-config-file"),
                _ => throw new FormatException($"authorization mode {mode} is not one of Node, RBAC, Webhook, AlwaysAllow, AlwaysDeny"),
            });
        }

        return authorizers.Count > 0 ? authorizers : throw new FormatException("no authorization mode is given");
    }
}
