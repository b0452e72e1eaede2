using Orchestrator.Api.Selectors;
using Orchestrator.Api;
using Orchestrator.Api.Rbac.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.Rbac;

/// <summary>Roles with an aggregation rule have the rules of all roles that it selects.</summary>
internal sealed class ClusterRoleAggregationController : QueueController
{
    private readonly IInformer<ClusterRole> _roles;

    public ClusterRoleAggregationController(ControllerContext context)
        : base("clusterrole-aggregation-controller", context, workers: 1)
    {
        _roles = context.Informers.Get<ClusterRole>();

        // Any role may be selected by any: when one changes, all that aggregate are looked at again. They are few.
        _roles.OnChange(_ =>
        {
            foreach (var role in _roles.List())
            {
                if (role.AggregationRule is not null)
                {
                    Queue.Add(role.Key);
                }
            }
        });
    }

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_roles.TryGet(key, out var role) || role.AggregationRule is not { } aggregation)
        {
            return ReconcileResult.Done;
        }

        var rules = Aggregate(role, aggregation, _roles.List());
        if (rules.Equals(role.Rules))
        {
            return ReconcileResult.Done;
        }

        var updated = await Client.UpdateAsync(role with { Rules = rules }, cancellationToken);
        return updated.IsOk || updated.IsNotFound ? ReconcileResult.Done : updated.Error;
    }

    /// <summary>The rules of the selected roles, by the roles' names, each rule once.</summary>
    internal static ApiList<PolicyRule> Aggregate(ClusterRole role, AggregationRule aggregation, IEnumerable<ClusterRole> roles)
    {
        var rules = new List<PolicyRule>();
        var all = roles.OrderBy(static r => r.Metadata.Name, StringComparer.Ordinal).ToArray();
        foreach (var selector in aggregation.ClusterRoleSelectors)
        {
            var matcher = LabelMatcher.From(selector);
            foreach (var selected in all)
            {
                if (selected.Metadata.Name != role.Metadata.Name && matcher.Matches(selected.Metadata.Labels))
                {
                    rules.AddRange(selected.Rules.Where(rule => !rules.Contains(rule)));
                }
            }
        }

        return rules.ToApiList();
    }
}
