using System.Text.Json.Nodes;
using Orchestrator.Agent.Runtime;

namespace Orchestrator.Agent.Pods;

/// <summary>Gives each pod that asks for a user namespace of its own (<c>hostUsers: false</c>) a range of the node's user ids.</summary>
/// <remarks>
/// A range is written into the pod's folder before anything uses it, in the kubelet's format and under its name, so that a restarted agent
/// gives none away twice. The first range starts where the node's own users end.
/// </remarks>
internal sealed class UserNamespaces(PodPaths paths, RuntimeHandlers handlers)
{
    private const uint IdsPerPod = 65536;
    private const uint RangesMax = uint.MaxValue / IdsPerPod;
    private const string FileName = "userns";
    private readonly Lock _lock = new();
    private Dictionary<string, uint>? _firstIds;

    /// <summary>The user namespace of a pod: the node's, or one of its own.</summary>
    /// <exception cref="NotSupportedException">The pod wants one, and its runtime handler has none to give.</exception>
    public async Task<Cri.UserNamespace> OfAsync(Pod pod, string handler, CancellationToken cancellationToken)
    {
        if (pod.Spec.HostUsers != false)
        {
            return new() { Mode = Cri.NamespaceMode.Node };
        }

        if (!(await handlers.OfAsync(handler, cancellationToken)).UserNamespaces)
        {
            throw new NotSupportedException(handler.Length == 0
                ? "can't set `spec.hostUsers: false`, runtime does not support user namespaces"
                : $"can't set `spec.hostUsers: false`, RuntimeClass handler \"{handler}\" does not support user namespaces");
        }

        return InRange(FirstIdOf(pod.Metadata.Uid));
    }

    /// <summary>The user namespace of a pod whose sandbox exists.</summary>
    public Cri.UserNamespace Of(Pod pod) =>
        pod.Spec.HostUsers == false ? InRange(FirstIdOf(pod.Metadata.Uid)) : new() { Mode = Cri.NamespaceMode.Node };

    /// <summary>Takes back the range of a pod that is gone.</summary>
    public void Release(string uid)
    {
        lock (_lock)
        {
            _firstIds?.Remove(uid);
        }
    }

    private static Cri.UserNamespace InRange(uint firstId)
    {
        var range = new Cri.IDMapping { HostId = firstId, ContainerId = 0, Length = IdsPerPod };
        return new() { Mode = Cri.NamespaceMode.Pod, Uids = { range }, Gids = { range } };
    }

    private uint FirstIdOf(string uid)
    {
        lock (_lock)
        {
            _firstIds ??= ReadAll();
            if (_firstIds.TryGetValue(uid, out var known))
            {
                return known;
            }

            var taken = _firstIds.Values.ToHashSet();
            for (uint range = 1; range < RangesMax; range++)
            {
                var first = range * IdsPerPod;
                if (taken.Add(first))
                {
                    Directory.CreateDirectory(paths.PodFolder(uid));
                    File.WriteAllText(Path.Combine(paths.PodFolder(uid), FileName), Text(first));
                    return _firstIds[uid] = first;
                }
            }

            throw new NotSupportedException("no range of user ids is left for the pod");
        }
    }

    private Dictionary<string, uint> ReadAll()
    {
        var all = new Dictionary<string, uint>();
        foreach (var folder in Directory.Exists(paths.Pods) ? Directory.EnumerateDirectories(paths.Pods) : [])
        {
            var file = Path.Combine(folder, FileName);
            if (File.Exists(file) && JsonNode.Parse(File.ReadAllText(file))?["uidMappings"]?[0]?["hostId"] is { } first)
            {
                all[Path.GetFileName(folder)] = first.GetValue<uint>();
            }
        }

        return all;
    }

    private static string Text(uint firstId)
    {
        JsonArray Mappings() => [new JsonObject { ["hostId"] = firstId, ["containerId"] = 0, ["length"] = IdsPerPod }];
        return new JsonObject { ["uidMappings"] = Mappings(), ["gidMappings"] = Mappings() }.ToJsonString();
    }
}
