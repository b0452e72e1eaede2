using Orchestrator.Api;
using Orchestrator.Api.Storage.V1;
using Orchestrator.ApiServer.Strategies.Warnings;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Storage;

internal sealed class CSIStorageCapacityStrategy : ObjectStrategy<CSIStorageCapacity>
{
    public override void Warnings(ApiObject obj, ApiObject? old, StrategyContext context)
    {
        if (((CSIStorageCapacity)obj).NodeTopology is not { } topology)
        {
            return;
        }

        for (var i = 0; i < topology.MatchExpressions.Count; i++)
        {
            if (NodeLabelWarnings.TextOf(topology.MatchExpressions[i].Key) is { } text)
            {
                context.Warnings.Add($"nodeTopology.matchExpressions[{i}].key: {topology.MatchExpressions[i].Key} is {text}");
            }
        }

        foreach (var (key, _) in topology.MatchLabels)
        {
            if (NodeLabelWarnings.TextOf(key) is { } text)
            {
                context.Warnings.Add($"nodeTopology.matchLabels.{key}: {text}");
            }
        }
    }

    protected override void Check(CSIStorageCapacity obj, FieldErrorList errors)
    {
        SelectorValidator.Validate(obj.NodeTopology, FieldPath.Root("nodeTopology"), errors);
        errors.InvalidEach(null, "storageClassName", obj.StorageClassName, Formats.DnsSubdomain(obj.StorageClassName));
        if (obj.Capacity is { Sign: < 0 } capacity)
        {
            ResourceValidator.NonNegative(capacity, FieldPath.Root("capacity"), errors);
        }
    }

    protected override void CheckUpdate(CSIStorageCapacity obj, CSIStorageCapacity old, FieldErrorList errors)
    {
        Check(obj, errors);
        errors.Immutable(null, "nodeTopology", obj.NodeTopology, old.NodeTopology);
        errors.Immutable(null, "storageClassName", obj.StorageClassName, old.StorageClassName);
    }
}
