using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.ApiServer.Admission.PodSecurity;

/// <summary>A pod, or the template of one, as the checks look at it: containers of all three kinds in one list.</summary>
internal sealed class PodUnderCheck
{
    public PodUnderCheck(ObjectMeta metadata, PodSpec spec, int minor)
    {
        Metadata = metadata;
        Spec = spec;
        Minor = minor;
        Containers =
        [
            .. spec.InitContainers.Select(static c => new ContainerView(c.Name, c.SecurityContext, c.Ports, c.LivenessProbe, c.ReadinessProbe, c.StartupProbe, c.Lifecycle)),
            .. spec.Containers.Select(static c => new ContainerView(c.Name, c.SecurityContext, c.Ports, c.LivenessProbe, c.ReadinessProbe, c.StartupProbe, c.Lifecycle)),
            .. spec.EphemeralContainers.Select(static c => new ContainerView(c.Name, c.SecurityContext, c.Ports, c.LivenessProbe, c.ReadinessProbe, c.StartupProbe, c.Lifecycle)),
        ];
    }

    public ObjectMeta Metadata { get; }

    public PodSpec Spec { get; }

    /// <summary>The minor version of the standard.</summary>
    public int Minor { get; }

    public IReadOnlyList<ContainerView> Containers { get; }

    public PodSecurityContext? Security => Spec.SecurityContext;

    public bool IsWindows => Spec.Os?.Name == "windows";

    /// <summary>Root in such a pod is nobody outside of it, so some rules are waived from v1.35 on.</summary>
    public bool HasOwnUsers => Minor >= 35 && Spec.HostUsers == false;

    internal sealed record ContainerView(
        string Name, SecurityContext? Security, ApiList<ContainerPort> Ports, Probe? Liveness, Probe? Readiness, Probe? Startup, Lifecycle? Lifecycle);
}
