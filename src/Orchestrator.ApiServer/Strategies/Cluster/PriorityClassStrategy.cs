using Orchestrator.Api.Scheduling.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Cluster;

internal sealed class PriorityClassStrategy : ObjectStrategy<PriorityClass>
{
    private const int UserMax = 1_000_000_000;

    public override string? Undeletable(string name) => SystemValue(name) is null ? null : "this is a system priority class and cannot be deleted";

    protected override void Prepare(PriorityClass obj, StrategyContext context) => obj.Own<ObjectMeta>(ApiObject.MetadataSlot).Set(ObjectMeta.Fields.Generation, 1L);

    protected override void Check(PriorityClass obj, FieldErrorList errors)
    {
        var name = obj.Metadata.Name;
        if (name.StartsWith("system-", StringComparison.Ordinal))
        {
            var known = SystemValue(name);
            var fault = known is null ? $"{name} is not a known system priority class"
                : obj.Value != known ? $"value of {name} PriorityClass must be {known}"
                : obj.GlobalDefault ? $"globalDefault of {name} PriorityClass must be false"
                : null;
            if (fault is not null)
            {
                errors.Forbidden(FieldPath.Metadata, "name", "priority class names with 'system-' prefix are reserved for system use only. error: " + fault);
            }
        }
        else if (obj.Value > UserMax)
        {
            errors.Forbidden(FieldPath.Root("value"), $"maximum allowed value of a user defined priority is {UserMax}");
        }

        if (obj.PreemptionPolicy is { } policy)
        {
            errors.RequiredOneOf(null, "preemptionPolicy", policy, "PreemptLowerPriority", "Never");
        }
    }

    protected override void CheckUpdate(PriorityClass obj, PriorityClass old, FieldErrorList errors)
    {
        if (obj.Value != old.Value)
        {
            errors.Forbidden(FieldPath.Root("value"), "may not be changed in an update.");
        }

        errors.Immutable(null, "preemptionPolicy", obj.PreemptionPolicy, old.PreemptionPolicy);
    }

    /// <summary>The value of a class that every cluster has; null for others.</summary>
    private static int? SystemValue(string name) => name switch { "system-cluster-critical" => 2_000_000_000, "system-node-critical" => 2_000_001_000, _ => null };
}
