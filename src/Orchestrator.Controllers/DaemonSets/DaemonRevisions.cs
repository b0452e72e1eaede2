using Orchestrator.Api;
using Orchestrator.Api.Apps.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Client;
using Orchestrator.Controllers.Revisions;

namespace Orchestrator.Controllers.DaemonSets;

/// <summary>The revisions of one DaemonSet in one pass: which is current, and which may go.</summary>
internal sealed class DaemonRevisions(IClusterClient client, DaemonSet set)
{
    private const string HashLabel = "controller-revision-hash";

    private List<ControllerRevision> _old = [];

    /// <summary>The current template's hash.</summary>
    public string Hash { get; private set; } = "";

    public int? CollisionCount { get; private set; } = set.Status.CollisionCount;

    /// <summary>Finds or makes the revision of the present template.</summary>
    public async ValueTask<Status?> SettleAsync(List<ControllerRevision> revisions, CancellationToken cancellationToken)
    {
        var known = RevisionData.Sorted(revisions);
        var data = RevisionData.Of(set.Spec.Template);
        var wanted = new ControllerRevision { Data = data };
        var current = known.LastOrDefault(r => RevisionData.Same(r, wanted));
        _old = [.. known.Where(r => r != current)];
        var next = (_old.Count == 0 ? 0 : _old[^1].Revision) + 1;
        if (current is null)
        {
            var (created, error) = await CreateAsync(data, next, cancellationToken);
            if (created is null)
            {
                return error;
            }

            current = created;
        }
        else if (current.Revision < next)
        {
            var raised = await client.UpdateAsync(current with { Revision = next }, cancellationToken);
            if (!raised.IsOk)
            {
                return raised.Error;
            }
        }

        Hash = current.Metadata.Labels.GetValueOrDefault(HashLabel) ?? "";
        return null;
    }

    /// <summary>Deletes the oldest revisions beyond the limit that no pod is of.</summary>
    public async ValueTask<Status?> TruncateAsync(List<Pod> pods, CancellationToken cancellationToken)
    {
        var live = pods.Select(static p => p.Metadata.Labels.GetValueOrDefault(HashLabel)).ToHashSet();
        var idle = _old.Where(r => !live.Contains(r.Metadata.Labels.GetValueOrDefault(HashLabel))).ToList();
        foreach (var revision in idle.Take(Math.Max(0, _old.Count - (set.Spec.RevisionHistoryLimit ?? 10))))
        {
            var deleted = await client.DeleteAsync(ResourcePath.Of<ControllerRevision>(revision.Key), null, cancellationToken);
            if (!deleted.IsOk && !deleted.IsNotFound)
            {
                return deleted.Error;
            }
        }

        return null;
    }

    private async ValueTask<(ControllerRevision? Revision, Status? Error)> CreateAsync(RawJson data, long number, CancellationToken cancellationToken)
    {
        while (true)
        {
            var hash = RevisionData.Hash(data, CollisionCount);
            var revision = new ControllerRevision
            {
                Metadata = new()
                {
                    Namespace = set.Metadata.Namespace,
                    Name = $"{set.Metadata.Name}-{hash}",
                    Labels = set.Spec.Template.Metadata.Labels.With(HashLabel, hash),
                    Annotations = set.Metadata.Annotations,
                    OwnerReferences = [set.ToControllerRef()],
                },
                Data = data,
                Revision = number,
            };
            var created = await client.CreateAsync(revision, cancellationToken);
            if (!created.IsAlreadyExists)
            {
                return created.IsOk ? (created.Value, null) : (null, created.Error);
            }

            var existing = await client.GetAsync<ControllerRevision>(revision.Key, cancellationToken);
            if (existing.IsOk && RevisionData.Same(existing.Value, revision))
            {
                return (existing.Value, null);
            }

            CollisionCount = (CollisionCount ?? 0) + 1;
        }
    }
}
