using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Strategies;

/// <summary>Drops fields whose feature gates are off. What is stored never has them, so a changed object has them only where they were sent.</summary>
internal static class DisabledFields
{
    /// <summary>Gates that are off in this release: GenericWorkload, ClusterTrustBundleProjection, PodCertificateRequest, ContainerStopSignals.</summary>
    public static void Drop(PodSpec spec)
    {
        if (spec.SchedulingGroup is not null)
        {
            spec.Set(PodSpec.Fields.SchedulingGroup, null);
        }

        foreach (var volume in spec.Volumes)
        {
            foreach (var source in volume.Projected?.Sources ?? [])
            {
                Drop(source);
            }
        }

        foreach (var container in spec.Containers)
        {
            Drop(container);
        }

        foreach (var container in spec.InitContainers)
        {
            Drop(container);
        }
    }

    private static void Drop(VolumeProjection source)
    {
        if (source.ClusterTrustBundle is not null)
        {
            source.Set(VolumeProjection.Fields.ClusterTrustBundle, null);
        }

        if (source.PodCertificate is not null)
        {
            source.Set(VolumeProjection.Fields.PodCertificate, null);
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
