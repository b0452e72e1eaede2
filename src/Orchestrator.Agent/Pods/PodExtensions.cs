using Orchestrator.Api;

namespace Orchestrator.Agent.Pods;

/// <summary>What a pod's fields mean to the node.</summary>
internal static class PodExtensions
{
    /// <summary>The priority from which on pods are critical (system-cluster-critical).</summary>
    public const int CriticalPriority = 2_000_000_000;

    public const string ConfigSourceAnnotation = "kubernetes.io/config.source";
    public const string ConfigSeenAnnotation = "kubernetes.io/config.seen";
    public const string ConfigHashAnnotation = "kubernetes.io/config.hash";
    public const string ConfigMirrorAnnotation = "kubernetes.io/config.mirror";

    extension(Pod pod)
    {
        /// <summary>How texts name a pod: <c>name_namespace(uid)</c>.</summary>
        public string Text => $"{pod.Metadata.Name}_{pod.Metadata.Namespace}({pod.Metadata.Uid})";

        /// <summary>True for a pod that comes from the node's own folder.</summary>
        public bool IsStatic => pod.Metadata.Annotations.TryGetValue(ConfigSourceAnnotation, out var source) && source != "api";

        /// <summary>True for the API's picture of a static pod.</summary>
        public bool IsMirror => pod.Metadata.Annotations.ContainsKey(ConfigMirrorAnnotation);

        /// <summary>True if the status says that the pod has ended for good.</summary>
        public bool IsPhaseTerminal => pod.Status.Phase is "Failed" or "Succeeded";

        /// <summary>True if the pod uses the node's network.</summary>
        public bool UsesHostNetwork => pod.Spec.HostNetwork;

        /// <summary>The hash of a static pod's definition.</summary>
        public string? StaticHash => pod.Metadata.Annotations.GetValueOrDefault(ConfigHashAnnotation);

        /// <summary>The hash of the static pod that a mirror shows.</summary>
        public string? MirrorHash => pod.Metadata.Annotations.GetValueOrDefault(ConfigMirrorAnnotation);

        /// <summary>Init containers, containers and ephemeral containers, as one kind.</summary>
        public IEnumerable<Container> AllContainers =>
            pod.Spec.InitContainers.Concat(pod.Spec.Containers).Concat(pod.Spec.EphemeralContainers.Select(e => e.AsContainer()));

        /// <summary>A container of any kind by name, or null.</summary>
        public Container? FindContainer(string name) => pod.AllContainers.FirstOrDefault(c => c.Name == name);

        /// <summary>The pod's service class.</summary>
        public QosClass Qos => pod.Status.QosClass switch
        {
            "Guaranteed" => QosClass.Guaranteed,
            "Burstable" => QosClass.Burstable,
            "BestEffort" => QosClass.BestEffort,
            _ => ComputeQos(pod),
        };
    }

    extension(Container container)
    {
        /// <summary>True for an init container that runs along with the pod.</summary>
        public bool IsSidecar => container.RestartPolicy == "Always";

        /// <summary>What the runtime gave the container is compared with: a change of it means a restart.</summary>
        public string DefinitionHash
        {
            get
            {
                var hash = 14695981039346656037UL;
                foreach (var c in container.Name + "\0" + container.Image)
                {
                    hash = (hash ^ c) * 1099511628211UL;
                }

                return hash.ToString("x");
            }
        }
    }

    /// <summary>How events and errors point to a container: <c>spec.containers{name}</c>.</summary>
    public static string FieldPathOf(Pod pod, string containerName) =>
        pod.Spec.InitContainers.Any(c => c.Name == containerName) ? $"spec.initContainers{{{containerName}}}"
        : pod.Spec.EphemeralContainers.Any(c => c.Name == containerName) ? $"spec.ephemeralContainers{{{containerName}}}"
        : $"spec.containers{{{containerName}}}";

    /// <summary>An ephemeral container in the shape of the others.</summary>
    public static Container AsContainer(this EphemeralContainer e) => new()
    {
        Name = e.Name,
        Image = e.Image,
        Command = e.Command,
        Args = e.Args,
        WorkingDir = e.WorkingDir,
        EnvFrom = e.EnvFrom,
        Env = e.Env,
        Resources = e.Resources,
        VolumeMounts = e.VolumeMounts,
        VolumeDevices = e.VolumeDevices,
        TerminationMessagePath = e.TerminationMessagePath,
        TerminationMessagePolicy = e.TerminationMessagePolicy,
        ImagePullPolicy = e.ImagePullPolicy,
        SecurityContext = e.SecurityContext,
        Stdin = e.Stdin,
        StdinOnce = e.StdinOnce,
        Tty = e.Tty,
    };

    /// <summary>The pod with what the node notes about where it came from, as files and the runtime show it.</summary>
    public static Pod WithSourceAnnotations(this Pod pod, DateTimeOffset seen) =>
        pod.Metadata.Annotations.ContainsKey(ConfigSourceAnnotation)
            ? pod
            : pod with
            {
                Metadata = pod.Metadata with
                {
                    Annotations = pod.Metadata.Annotations
                        .With(ConfigSeenAnnotation, ApiTime.FormatMicro(pod.Status.StartTime ?? seen))
                        .With(ConfigSourceAnnotation, "api"),
                },
            };

    private static QosClass ComputeQos(Pod pod)
    {
        var any = false;
        var guaranteed = true;
        if (pod.Spec.Resources is { } podLevel && (podLevel.Requests.Count > 0 || podLevel.Limits.Count > 0))
        {
            any = true;
            guaranteed = IsGuaranteed(podLevel);
        }
        else
        {
            foreach (var container in pod.Spec.InitContainers.Concat(pod.Spec.Containers))
            {
                any |= HasComputeResources(container.Resources);
                guaranteed &= IsGuaranteed(container.Resources);
            }
        }

        return !any ? QosClass.BestEffort : guaranteed ? QosClass.Guaranteed : QosClass.Burstable;
    }

    private static bool HasComputeResources(ResourceRequirements resources) =>
        new[] { "cpu", "memory" }.Any(r =>
            resources.Requests.GetValueOrDefault(r) is { IsZero: false } || resources.Limits.GetValueOrDefault(r) is { IsZero: false });

    private static bool IsGuaranteed(ResourceRequirements resources) =>
        new[] { "cpu", "memory" }.All(r =>
            resources.Limits.GetValueOrDefault(r) is { IsZero: false } limit
            && (resources.Requests.GetValueOrDefault(r) is not { } request || request.CompareTo(limit) == 0));
}
