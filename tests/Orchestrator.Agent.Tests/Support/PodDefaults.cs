using Orchestrator.Api;

namespace Orchestrator.Agent.Tests.Support;

/// <summary>What the API server fills in before a node sees a pod; the part that matters here.</summary>
internal static class PodDefaults
{
    private const int FileMode = 420;

    public static Pod Apply(Pod pod)
    {
        var spec = pod.Spec;
        var volumes = spec.Volumes.Select(Apply).ToList();
        var containers = spec.Containers.Select(Apply).ToList();
        var init = spec.InitContainers.Select(Apply).ToList();
        if (spec.AutomountServiceAccountToken ?? true)
        {
            var mount = new VolumeMount { Name = "kube-api-access-x", MountPath = "/var/run/secrets/kubernetes.io/serviceaccount", ReadOnly = true };
            containers = [.. containers.Select(c => c with { VolumeMounts = [.. c.VolumeMounts, mount] })];
            init = [.. init.Select(c => c with { VolumeMounts = [.. c.VolumeMounts, mount] })];
            volumes.Add(new Volume
            {
                Name = "kube-api-access-x",
                Projected = new()
                {
                    DefaultMode = FileMode,
                    Sources =
                    [
                        new() { ServiceAccountToken = new() { ExpirationSeconds = 3607, Path = "token" } },
                        new() { ConfigMap = new() { Name = "kube-root-ca.crt", Items = [new() { Key = "ca.crt", Path = "ca.crt" }] } },
                        new() { ConfigMap = new() { Name = "openshift-service-ca.crt", Optional = true, Items = [new() { Key = "service-ca.crt", Path = "service-ca.crt" }] } },
                        new() { DownwardAPI = new() { Items = [new() { Path = "namespace", FieldRef = new() { ApiVersion = "v1", FieldPath = "metadata.namespace" } }] } },
                    ],
                },
            });
        }

        return pod with
        {
            Spec = spec with
            {
                RestartPolicy = Or(spec.RestartPolicy, "Always"),
                DnsPolicy = Or(spec.DnsPolicy, "ClusterFirst"),
                TerminationGracePeriodSeconds = spec.TerminationGracePeriodSeconds ?? 30,
                EnableServiceLinks = spec.EnableServiceLinks ?? true,
                SecurityContext = spec.SecurityContext ?? new(),
                ServiceAccountName = Or(spec.ServiceAccountName, "default"),
                NodeName = "node-1",
                Volumes = [.. volumes],
                Containers = [.. containers],
                InitContainers = [.. init],
                Resources = spec.Resources is { } r ? Apply(r) : null,
            },
            Status = pod.Status with { Conditions = [new() { Type = "PodScheduled", Status = "True", LastTransitionTime = DateTimeOffset.UnixEpoch }] },
        };
    }

    private static string Or(string value, string otherwise) => value.Length > 0 ? value : otherwise;

    private static Container Apply(Container c) => c with
    {
        TerminationMessagePath = Or(c.TerminationMessagePath, "/dev/termination-log"),
        TerminationMessagePolicy = Or(c.TerminationMessagePolicy, "File"),
        ImagePullPolicy = Or(c.ImagePullPolicy, "IfNotPresent"),
        LivenessProbe = Apply(c.LivenessProbe),
        ReadinessProbe = Apply(c.ReadinessProbe),
        StartupProbe = Apply(c.StartupProbe),
        Ports = [.. c.Ports.Select(p => p with { Protocol = Or(p.Protocol, "TCP") })],
        Resources = Apply(c.Resources),
    };

    private static ResourceRequirements Apply(ResourceRequirements r) =>
        r.Limits.Count == 0 ? r : r with { Requests = r.Limits.Aggregate(r.Requests, (all, l) => all.ContainsKey(l.Key) ? all : all.With(l.Key, l.Value)) };

    private static Probe? Apply(Probe? p) => p is null ? null : p with
    {
        TimeoutSeconds = p.TimeoutSeconds == 0 ? 1 : p.TimeoutSeconds,
        PeriodSeconds = p.PeriodSeconds == 0 ? 10 : p.PeriodSeconds,
        SuccessThreshold = p.SuccessThreshold == 0 ? 1 : p.SuccessThreshold,
        FailureThreshold = p.FailureThreshold == 0 ? 3 : p.FailureThreshold,
    };

    private static Volume Apply(Volume v) => v with
    {
        ConfigMap = v.ConfigMap is { } c ? c with { DefaultMode = c.DefaultMode ?? FileMode } : null,
        Secret = v.Secret is { } s ? s with { DefaultMode = s.DefaultMode ?? FileMode } : null,
        DownwardAPI = v.DownwardAPI is { } d ? d with { DefaultMode = d.DefaultMode ?? FileMode } : null,
        Projected = v.Projected is { } p ? p with { DefaultMode = p.DefaultMode ?? FileMode } : null,
    };
}
