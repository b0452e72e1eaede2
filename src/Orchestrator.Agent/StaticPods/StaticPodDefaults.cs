using Orchestrator.Api;

namespace Orchestrator.Agent.StaticPods;

/// <summary>What the API server fills in before a node sees a pod, for pods that no API server has seen; the part that a node looks at.</summary>
internal static class StaticPodDefaults
{
    private const int FileMode = 0b110_100_100;
    private const long GraceSeconds = 30;

    public static Pod Apply(Pod pod)
    {
        var spec = pod.Spec;
        return pod with
        {
            Spec = spec with
            {
                RestartPolicy = Or(spec.RestartPolicy, "Always"),
                DnsPolicy = Or(spec.DnsPolicy, "ClusterFirst"),
                TerminationGracePeriodSeconds = spec.TerminationGracePeriodSeconds ?? GraceSeconds,
                EnableServiceLinks = spec.EnableServiceLinks ?? true,
                SecurityContext = spec.SecurityContext ?? new(),
                SchedulerName = Or(spec.SchedulerName, "default-scheduler"),
                Volumes = [.. spec.Volumes.Select(Apply)],
                Containers = [.. spec.Containers.Select(c => Apply(c, spec.HostNetwork))],
                InitContainers = [.. spec.InitContainers.Select(c => Apply(c, spec.HostNetwork))],
            },
        };
    }

    private static Container Apply(Container container, bool hostNetwork) => container with
    {
        TerminationMessagePath = Or(container.TerminationMessagePath, "/dev/termination-log"),
        TerminationMessagePolicy = Or(container.TerminationMessagePolicy, "File"),
        ImagePullPolicy = Or(container.ImagePullPolicy, IsLatest(container.Image) ? "Always" : "IfNotPresent"),
        LivenessProbe = Apply(container.LivenessProbe),
        ReadinessProbe = Apply(container.ReadinessProbe),
        StartupProbe = Apply(container.StartupProbe),
        Ports = [.. container.Ports.Select(p => p with { Protocol = Or(p.Protocol, "TCP"), HostPort = hostNetwork && p.HostPort == 0 ? p.ContainerPortValue : p.HostPort })],
        Resources = Apply(container.Resources),
        Env = [.. container.Env.Select(e => e.ValueFrom?.FieldRef is { ApiVersion.Length: 0 } field ? e with { ValueFrom = e.ValueFrom with { FieldRef = field with { ApiVersion = "v1" } } } : e)],
    };

    private static bool IsLatest(string image) => Images.ImageReference.TryParse(image, out var reference, out _) && reference.IsLatest;

    private static ResourceRequirements Apply(ResourceRequirements resources) =>
        resources.Limits.Count == 0
            ? resources
            : resources with { Requests = resources.Limits.Aggregate(resources.Requests, static (all, limit) => all.ContainsKey(limit.Key) ? all : all.With(limit.Key, limit.Value)) };

    private static Probe? Apply(Probe? probe) => probe is null ? null : probe with
    {
        TimeoutSeconds = Or(probe.TimeoutSeconds, 1),
        PeriodSeconds = Or(probe.PeriodSeconds, 10),
        SuccessThreshold = Or(probe.SuccessThreshold, 1),
        FailureThreshold = Or(probe.FailureThreshold, 3),
    };

    private static Volume Apply(Volume volume) => volume with
    {
        ConfigMap = volume.ConfigMap is { } c ? c with { DefaultMode = c.DefaultMode ?? FileMode } : null,
        Secret = volume.Secret is { } s ? s with { DefaultMode = s.DefaultMode ?? FileMode } : null,
        DownwardAPI = volume.DownwardAPI is { } d ? d with { DefaultMode = d.DefaultMode ?? FileMode } : null,
        Projected = volume.Projected is { } p ? p with { DefaultMode = p.DefaultMode ?? FileMode } : null,
    };

    private static string Or(string value, string otherwise) => value.Length > 0 ? value : otherwise;

    private static int Or(int value, int otherwise) => value > 0 ? value : otherwise;
}
