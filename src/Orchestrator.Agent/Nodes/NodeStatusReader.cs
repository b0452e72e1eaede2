using System.Runtime.InteropServices;
using Grpc.Core;
using Orchestrator.Agent.Eviction;
using Orchestrator.Agent.Runtime;
using Orchestrator.Api;

namespace Orchestrator.Agent.Nodes;

/// <summary>Reads what a node reports of itself.</summary>
internal sealed class NodeStatusReader(IContainerRuntime runtime, RuntimeHandlers handlers, NodeFacts facts, NodePressure pressure, NodeAgentOptions options, TimeProvider time)
{
    /// <summary>What this agent can do of that which is new in kubelets, for those who ask before they count on it; sorted.</summary>
    private static readonly ApiList<string> DeclaredFeatures =
    [
        "ExtendWebSocketsToKubelet", "InPlacePodLevelResourcesVerticalScaling", "InPlacePodVerticalScalingInitContainers", "RestartAllContainersOnContainerExits",
    ];

    private const int ImagesMax = 50;

    /// <summary>Whether the runtime can run pods now.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken cancellationToken) => (await AskRuntimeAsync(cancellationToken)).NotReady is null;

    /// <summary>The status as it is now; transition times come from the old one.</summary>
    /// <param name="old">The status as it was last known.</param>
    /// <param name="port">The port of the agent's server.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task<NodeStatus> ReadAsync(NodeStatus old, int port, CancellationToken cancellationToken)
    {
        var (notReady, runtimeVersion, abilities) = await AskRuntimeAsync(cancellationToken);
        if (abilities is not null)
        {
            facts.SupportsStrictGroups = abilities.Features?.SupplementalGroupsPolicy == true;
        }

        var now = time.NowSeconds();
        NodeCondition Condition(string type, bool value, string reason, string message)
        {
            var status = value ? "True" : "False";
            var before = old.Conditions.FirstOrDefault(c => c.Type == type);
            return new()
            {
                Type = type,
                Status = status,
                Reason = reason,
                Message = message,
                LastHeartbeatTime = now,
                LastTransitionTime = before?.Status == status ? before.LastTransitionTime ?? now : now,
            };
        }

        var (memoryLow, diskLow) = (pressure.HasMemoryPressure, pressure.HasDiskPressure);
        var own = new[]
        {
            Condition("MemoryPressure", memoryLow, memoryLow ? "KubeletHasInsufficientMemory" : "KubeletHasSufficientMemory", memoryLow ? "kubelet has insufficient memory available" : "kubelet has sufficient memory available"),
            Condition("DiskPressure", diskLow, diskLow ? "KubeletHasDiskPressure" : "KubeletHasNoDiskPressure", diskLow ? "kubelet has disk pressure" : "kubelet has no disk pressure"),
            Condition("PIDPressure", false, "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            notReady is null
                ? Condition("Ready", true, "KubeletReady", "kubelet is posting ready status")
                : Condition("Ready", false, "KubeletNotReady", notReady),
        };
        return old with
        {
            Capacity = ApiMap<Quantity>.From([.. Advertised(old), .. facts.Capacity]),
            Allocatable = ApiMap<Quantity>.From([.. Advertised(old), .. facts.Allocatable]),
            Addresses =
            [
                .. facts.AddressTexts.Select(a => new NodeAddress { Type = "InternalIP", Address = a }),
                new NodeAddress { Type = "Hostname", Address = options.Hostname ?? options.NodeName },
            ],
            Conditions = [.. own, .. old.Conditions.Where(c => own.All(o => o.Type != c.Type))],
            DaemonEndpoints = new() { KubeletEndpoint = new() { Port = port } },
            NodeInfo = SystemInfo(runtimeVersion ?? old.NodeInfo.ContainerRuntimeVersion),
            Images = await ImagesAsync(old.Images, cancellationToken),
            DeclaredFeatures = DeclaredFeatures,
            RuntimeHandlers = abilities is null ? old.RuntimeHandlers : Handlers(abilities),
            Features = abilities is null ? old.Features
                : abilities.Features is { } features ? new() { SupplementalGroupsPolicy = features.SupplementalGroupsPolicy }
                : null,
        };
    }

    /// <summary>Resources that others advertise by a patch of the node's capacity: all of them is for pods.</summary>
    /// <remarks>See "Advertise Extended Resources for a Node" in Kubernetes' documentation.</remarks>
    private IEnumerable<KeyValuePair<string, Quantity>> Advertised(NodeStatus old) => old.Capacity.Where(c => !facts.Capacity.ContainsKey(c.Key));

    private async Task<(string? NotReady, string? Version, Cri.StatusResponse? Status)> AskRuntimeAsync(CancellationToken cancellationToken)
    {
        try
        {
            var version = await runtime.VersionAsync(cancellationToken);
            var status = await runtime.StatusAsync(cancellationToken);
            handlers.Learn(status);
            var reasons = status.Status.Conditions
                .Where(c => !c.Status)
                .Select(c => c.Type == "NetworkReady"
                    ? $"container runtime network not ready: {c.Type}={(c.Status ? "true" : "false")} reason:{c.Reason} message:{c.Message}"
                    : $"container runtime not ready: {c.Type}={(c.Status ? "true" : "false")} reason:{c.Reason} message:{c.Message}")
                .ToList();
            return (reasons.Count == 0 ? null : string.Join(", ", reasons), $"{version.RuntimeName}://{version.RuntimeVersion}", status);
        }
        catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
        {
            return ($"container runtime is down: {e.Status.Detail}", null, null);
        }
    }

    /// <summary>Sorted by name, so that two reports of the same are equal.</summary>
    private ApiList<NodeRuntimeHandler> Handlers(Cri.StatusResponse status) =>
    [
        .. handlers.Learn(status).OrderBy(h => h.Key, StringComparer.Ordinal).Select(h => new NodeRuntimeHandler
        {
            Name = h.Key,
            Features = new() { RecursiveReadOnlyMounts = h.Value.RecursiveReadOnlyMounts, UserNamespaces = h.Value.UserNamespaces },
        }),
    ];

    private async Task<ApiList<ContainerImage>> ImagesAsync(ApiList<ContainerImage> old, CancellationToken cancellationToken)
    {
        try
        {
            var images = await runtime.ListImagesAsync(cancellationToken);
            return
            [
                .. images.OrderByDescending(i => i.Size).ThenBy(i => i.Id, StringComparer.Ordinal).Take(ImagesMax)
                    .Select(i => new ContainerImage { Names = [.. i.RepoDigests, .. i.RepoTags], SizeBytes = (long)i.Size }),
            ];
        }
        catch (RpcException) when (!cancellationToken.IsCancellationRequested)
        {
            // The Ready condition tells that the runtime is down; the images are still there.
            return old;
        }
    }

    private NodeSystemInfo SystemInfo(string runtimeVersion) => new()
    {
        MachineID = ReadLine("/etc/machine-id"),
        SystemUUID = ReadLine("/sys/class/dmi/id/product_uuid") is { Length: > 0 } uuid ? uuid : ReadLine("/etc/machine-id"),
        BootID = ReadLine("/proc/sys/kernel/random/boot_id"),
        KernelVersion = ReadLine("/proc/sys/kernel/osrelease"),
        OsImage = OsImage(),
        ContainerRuntimeVersion = runtimeVersion,
        KubeletVersion = options.Version,
        OperatingSystem = "linux",
        Architecture = Architecture,
    };

    /// <summary>The machine's architecture in the API's words.</summary>
    public static string Architecture => RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        var other => other.ToString().ToLowerInvariant(),
    };

    private static string OsImage()
    {
        if (!File.Exists("/etc/os-release"))
        {
            return "linux";
        }

        var line = File.ReadLines("/etc/os-release").FirstOrDefault(l => l.StartsWith("PRETTY_NAME=", StringComparison.Ordinal));
        return line is null ? "linux" : line["PRETTY_NAME=".Length..].Trim('"');
    }

    private static string ReadLine(string path)
    {
        try
        {
            return File.ReadLines(path).FirstOrDefault()?.Trim() ?? "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not every machine shows every id.
            return "";
        }
    }
}
