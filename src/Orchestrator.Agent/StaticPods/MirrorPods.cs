using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orchestrator.Agent.Pods;
using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.Agent.StaticPods;

/// <summary>The API's pictures of static pods: made when there is a status to show, made anew when somebody deletes them, gone with their pod.</summary>
/// <remarks>
/// A mirror is bound to its static pod by the hash in its annotations; one with another hash, or one that is being deleted, is replaced. What there
/// is comes from the watch of the node's pods: a node may not ask for pods that do not exist.
/// </remarks>
internal sealed partial class MirrorPods(INodeApi api, NodeAgentOptions options, ILogger<MirrorPods> logger)
{
    private readonly ConcurrentDictionary<ObjectKey, Pod> _mirrors = new();

    /// <summary>Notes the state of a mirror in the API; true if its static pod has to show its status again.</summary>
    public bool Note(Pod mirror, bool isGone)
    {
        if (isGone)
        {
            // Not if a newer one has its name already.
            return _mirrors.TryGetValue(mirror.Key, out var known) && known.Metadata.Uid == mirror.Metadata.Uid && _mirrors.TryRemove(mirror.Key, out _);
        }

        var before = _mirrors.GetValueOrDefault(mirror.Key);
        _mirrors[mirror.Key] = mirror;
        return mirror.Metadata.DeletionTimestamp is not null && before?.Metadata.DeletionTimestamp is null;
    }

    /// <summary>Shows the status of a static pod on its mirror, and makes that first if need be.</summary>
    /// <returns>The mirror as stored.</returns>
    public async Task<Pod?> UpdateStatusAsync(Pod pod, PodStatus status, CancellationToken cancellationToken)
    {
        var mirror = _mirrors.GetValueOrDefault(pod.Key);
        if (mirror is not null && (mirror.Metadata.DeletionTimestamp is not null || !IsMirrorOf(mirror, pod)))
        {
            await api.DeletePodAsync(mirror, cancellationToken);
            _mirrors.TryRemove(KeyValuePair.Create(pod.Key, mirror));
            mirror = null;
        }

        if (mirror is null)
        {
            mirror = await CreateAsync(pod, cancellationToken);
            _mirrors.TryAdd(pod.Key, mirror);
        }

        return await api.UpdatePodStatusAsync(mirror, status, cancellationToken);
    }

    /// <summary>Removes the mirror of a static pod that is gone.</summary>
    public async Task RemoveAsync(Pod pod, CancellationToken cancellationToken)
    {
        if (_mirrors.TryGetValue(pod.Key, out var mirror) && IsMirrorOf(mirror, pod))
        {
            await api.DeletePodAsync(mirror, cancellationToken);
        }
    }

    /// <summary>Removes mirrors of static pods that are no longer in the folder: they went while no agent ran.</summary>
    public async Task RemoveOthersAsync(IReadOnlySet<ObjectKey> present, CancellationToken cancellationToken)
    {
        foreach (var mirror in _mirrors.Values.Where(m => !present.Contains(m.Key)))
        {
            LogOrphan(mirror.Text);
            await api.DeletePodAsync(mirror, cancellationToken);
        }
    }

    private static bool IsMirrorOf(Pod mirror, Pod pod) => mirror.MirrorHash == pod.StaticHash;

    private async Task<Pod> CreateAsync(Pod pod, CancellationToken cancellationToken)
    {
        var node = await api.GetNodeAsync(options.NodeName, cancellationToken)
            ?? throw new InvalidOperationException($"node {options.NodeName}, which owns the mirrors of static pods, is not in the API yet");
        return await api.CreatePodAsync(
            pod with
            {
                Metadata = pod.Metadata with
                {
                    Uid = "",
                    Annotations = pod.Metadata.Annotations.With(PodExtensions.ConfigMirrorAnnotation, pod.StaticHash!),
                    OwnerReferences = [new OwnerReference { ApiVersion = "v1", Kind = "Node", Name = node.Metadata.Name, Uid = node.Metadata.Uid, Controller = true }],
                },
                Status = PodStatus.Empty,
            },
            cancellationToken);
    }

    [LoggerMessage(5861, LogLevel.Information, "The static pod of {Mirror} is no more: its mirror goes, too")]
    private partial void LogOrphan(string mirror);
}
