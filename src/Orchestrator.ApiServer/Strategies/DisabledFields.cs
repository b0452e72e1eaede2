using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Strategies;

/// <summary>Drops fields whose feature gates are off.</summary>
internal static class DisabledFields
{
    /// <summary>Gates that are off in this release: ContainerStopSignals.</summary>
    public static void Drop(PodSpec spec)
    {
        foreach (var container in spec.Containers)
        {
            Drop(container);
        }

        foreach (var container in spec.InitContainers)
        {
            Drop(container);
        }
    }

    private static void Drop(Container container)
    {
        if (container.Lifecycle is { StopSignal: not null } lifecycle)
        {
            lifecycle.Set(Lifecycle.Fields.StopSignal, null);
            if (lifecycle.IsZero)
            {
                container.Set(Container.Fields.Lifecycle, null);
            }
        }
    }
}
