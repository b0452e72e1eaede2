using Orchestrator.Api.Selectors;
using Orchestrator.Api;
using Orchestrator.Api.Storage.V1;
using Orchestrator.Client;

namespace Orchestrator.Scheduler.Volumes;

/// <summary>Whether a volume can be made for a node.</summary>
internal static class Provisioning
{
    /// <summary>One of the class's topologies, if it names any, must be the node's.</summary>
    public static bool Allows(StorageClass storageClass, ApiMap<string> nodeLabels)
    {
        if (storageClass.AllowedTopologies.Count == 0)
        {
            return true;
        }

        foreach (var topology in storageClass.AllowedTopologies)
        {
            var all = topology.MatchLabelExpressions.Count > 0;
            foreach (var expression in topology.MatchLabelExpressions)
            {
                all &= nodeLabels.TryGetValue(expression.Key, out var value) && expression.Values.Contains(value);
            }

            if (all)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the driver, if it tells its capacities, has one for the node that is large enough.</summary>
    public static bool HasCapacity(VolumeCatalog catalog, StorageClass storageClass, Int128 nanos, ApiMap<string> nodeLabels)
    {
        if (catalog.Driver(storageClass.Provisioner)?.Spec.StorageCapacity != true)
        {
            return true;
        }

        foreach (var capacity in catalog.Capacities)
        {
            var limit = capacity.MaximumVolumeSize ?? capacity.Capacity;
            if (capacity.StorageClassName == storageClass.Metadata.Name
                && limit is not null && limit.Nanos >= nanos
                && capacity.NodeTopology is not null && LabelMatcher.From(capacity.NodeTopology).Matches(nodeLabels))
            {
                return true;
            }
        }

        return false;
    }
}
