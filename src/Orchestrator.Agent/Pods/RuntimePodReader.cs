using System.Collections.Concurrent;
using System.Text.Json;
using Grpc.Core;
using Orchestrator.Agent.Runtime;

namespace Orchestrator.Agent.Pods;

/// <summary>Reads pods from the runtime.</summary>
internal sealed class RuntimePodReader(IContainerRuntime runtime)
{
    // A container's user never changes, and old runtimes tell it in the verbose status only, which is large.
    private readonly ConcurrentDictionary<string, RuntimeUser> _users = new();

    /// <summary>One pod as the runtime has it now.</summary>
    public async Task<RuntimePod> ReadAsync(string uid, CancellationToken cancellationToken)
    {
        var sandboxesTask = runtime.ListSandboxesAsync(
            new Cri.PodSandboxFilter { LabelSelector = { [ContainerLabels.PodUid] = uid } }, cancellationToken);
        var containers = await runtime.ListContainersAsync(
            new Cri.ContainerFilter { LabelSelector = { [ContainerLabels.PodUid] = uid } }, cancellationToken);
        var sandboxes = await sandboxesTask;
        var sandboxStatuses = Task.WhenAll(sandboxes.Select(s => OrNull(runtime.SandboxStatusAsync(s.Id, cancellationToken))));
        var containerStatuses = await Task.WhenAll(containers.Select(c => ReadContainerAsync(c, cancellationToken)));
        var sorted = (await sandboxStatuses).OfType<Cri.PodSandboxStatus>().OrderByDescending(s => s.CreatedAt).ToList();
        return new RuntimePod
        {
            Sandboxes = sorted,
            Containers = [.. containerStatuses.OfType<RuntimeContainer>().OrderByDescending(c => c.CreatedAt)],
            Addresses = sorted is [{ State: Cri.PodSandboxState.SandboxReady, Network: { Ip.Length: > 0 } network }, ..]
                ? [network.Ip, .. network.AdditionalIps.Select(a => a.Ip)]
                : [],
        };
    }

    /// <summary>The uids of all pods that have something in the runtime, with a container id (or sandbox id) to pod uid map.</summary>
    public async Task<IReadOnlyList<RuntimeReference>> ListAsync(CancellationToken cancellationToken)
    {
        var sandboxes = await runtime.ListSandboxesAsync(null, cancellationToken);
        var containers = await runtime.ListContainersAsync(null, cancellationToken);
        return
        [
            .. sandboxes.Where(s => s.Labels.ContainsKey(ContainerLabels.PodUid)).Select(s => new RuntimeReference(
                s.Labels[ContainerLabels.PodUid], s.Id, s.State == Cri.PodSandboxState.SandboxReady,
                s.Labels.GetValueOrDefault(ContainerLabels.PodNamespace) ?? "", s.Labels.GetValueOrDefault(ContainerLabels.PodName) ?? "")),
            .. containers.Where(c => c.Labels.ContainsKey(ContainerLabels.PodUid)).Select(c => new RuntimeReference(
                c.Labels[ContainerLabels.PodUid], c.Id, c.State == Cri.ContainerState.ContainerRunning,
                c.Labels.GetValueOrDefault(ContainerLabels.PodNamespace) ?? "", c.Labels.GetValueOrDefault(ContainerLabels.PodName) ?? "")),
        ];
    }

    /// <summary>Forgets what is remembered of a container.</summary>
    public void Forget(string containerId) => _users.TryRemove(containerId, out _);

    private async Task<RuntimeContainer?> ReadContainerAsync(Cri.Container container, CancellationToken cancellationToken)
    {
        if (_users.TryGetValue(container.Id, out var user))
        {
            return await OrNull(runtime.ContainerStatusAsync(container.Id, cancellationToken)) is { } known
                ? new RuntimeContainer(known, container.PodSandboxId, user)
                : null;
        }

        if (await OrNull(runtime.ContainerStatusVerboseAsync(container.Id, cancellationToken)) is not { } response)
        {
            return null;
        }

        if (response.Status.User is null && response.Info.TryGetValue("info", out var info) && ParseUser(info) is { } parsed)
        {
            user = _users[container.Id] = parsed;
        }

        return new RuntimeContainer(response.Status, container.PodSandboxId, user);
    }

    /// <summary>The user in containerd's verbose information: that of the OCI specification; null if there is none.</summary>
    internal static RuntimeUser? ParseUser(string info)
    {
        try
        {
            using var document = JsonDocument.Parse(info);
            if (!document.RootElement.TryGetProperty("runtimeSpec", out var spec)
                || spec.ValueKind != JsonValueKind.Object
                || !spec.TryGetProperty("process", out var process)
                || !process.TryGetProperty("user", out var user))
            {
                return null;
            }

            var gid = user.TryGetProperty("gid", out var g) ? g.GetInt64() : 0;
            return new RuntimeUser(
                user.TryGetProperty("uid", out var u) ? u.GetInt64() : 0,
                gid,
                user.TryGetProperty("additionalGids", out var groups) ? [.. groups.EnumerateArray().Select(e => e.GetInt64())] : [gid]);
        }
        catch (JsonException)
        {
            // Information of a runtime that is not JSON: the status goes without the user.
            return null;
        }
    }

    /// <summary>What was removed between the list and the look at it is simply not there.</summary>
    private static async Task<T?> OrNull<T>(Task<T> reading)
        where T : class
    {
        try
        {
            return await reading;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            return null;
        }
    }
}
