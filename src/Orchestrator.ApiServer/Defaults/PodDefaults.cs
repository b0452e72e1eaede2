using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Defaults;

/// <summary>Pods, and the pod templates of all workloads.</summary>
internal static class PodDefaults
{
    /// <summary>A pod: all a template gets, and requests from limits, service links, host ports.</summary>
    public static void Pod(Pod pod)
    {
        var spec = pod.Own<PodSpec>(Api.Core.V1.Pod.Fields.Spec);
        foreach (var container in spec.Containers)
        {
            RequestsFromLimits(container);
        }

        foreach (var container in spec.InitContainers)
        {
            RequestsFromLimits(container);
        }

        PodLevelResources.Default(spec);
        spec.Default(PodSpec.Fields.EnableServiceLinks, true);
        if (spec.HostNetwork)
        {
            HostPorts(spec.Containers);
            HostPorts(spec.InitContainers);
        }

        Spec(spec);
        if (pod.IsSet(Api.Core.V1.Pod.Fields.Status))
        {
            Addresses(pod.Own<PodStatus>(Api.Core.V1.Pod.Fields.Status));
            foreach (var status in pod.Status.ContainerStatuses)
            {
                ResourceLists.Round(status.AllocatedResources);
            }
        }
    }

    /// <summary>The template of a workload.</summary>
    public static void Template(PodTemplateSpec template) => Spec(template.Own<PodSpec>(PodTemplateSpec.Fields.Spec));

    /// <summary>What every PodSpec gets, wherever it stands.</summary>
    public static void Spec(PodSpec spec)
    {
        spec.Default(PodSpec.Fields.DnsPolicy, "ClusterFirst");
        spec.Default(PodSpec.Fields.RestartPolicy, "Always");
        spec.Own<PodSecurityContext>(PodSpec.Fields.SecurityContext);
        spec.Default(PodSpec.Fields.TerminationGracePeriodSeconds, 30L);
        spec.Default(PodSpec.Fields.SchedulerName, "default-scheduler");
        ServiceAccountNames(spec);
        ResourceLists.Round(spec.Overhead);
        if (spec.Resources is { } resources)
        {
            ResourceLists.Round(resources);
        }

        foreach (var volume in spec.Volumes)
        {
            PodVolumeDefaults.Volume(volume);
        }

        foreach (var container in spec.InitContainers)
        {
            ContainerDefaults.Container(container);
        }

        foreach (var container in spec.Containers)
        {
            ContainerDefaults.Container(container);
        }

        foreach (var container in spec.EphemeralContainers)
        {
            // An ephemeral container has a container's slots and one more; the view shares them.
            ContainerDefaults.Container(new Container(container.Slots));
        }
    }

    /// <summary>The service account has an old name and a new one; both always say the same.</summary>
    public static void ServiceAccountNames(PodSpec spec)
    {
        var name = spec.ServiceAccountName.Length > 0 ? spec.ServiceAccountName : spec.ServiceAccount;
        spec.Set(PodSpec.Fields.ServiceAccountName, name);
        spec.Set(PodSpec.Fields.ServiceAccount, name);
    }

    /// <summary>The first address has an old field of its own.</summary>
    private static void Addresses(PodStatus status)
    {
        if (status.PodIPs.Count == 0 ? status.PodIP.Length > 0 : status.PodIP.Length > 0 && status.PodIPs[0].Ip != status.PodIP)
        {
            status.Set(PodStatus.Fields.PodIPs, ApiList.Create<PodIP>([new() { Ip = status.PodIP }]));
        }
        else if (status.PodIPs.Count > 0)
        {
            status.Set(PodStatus.Fields.PodIP, status.PodIPs[0].Ip);
        }
    }

    private static void RequestsFromLimits(Container container)
    {
        var limits = container.Resources.Limits;
        if (limits.Count > 0)
        {
            ResourceLists.FillFrom(container.Resources, ResourceRequirements.Fields.Requests, limits);
        }
    }

    private static void HostPorts(ApiList<Container> containers)
    {
        foreach (var container in containers)
        {
            foreach (var port in container.Ports)
            {
                if (port.HostPort == 0)
                {
                    port.Set(ContainerPort.Fields.HostPort, port.ContainerPortValue);
                }
            }
        }
    }
}
