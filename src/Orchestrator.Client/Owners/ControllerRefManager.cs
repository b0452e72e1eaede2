using System.Text.Json;
using Orchestrator.Api.Selectors;
using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.Client;

/// <summary>Claims the objects that a controller's selector matches: adopts orphans, lets go what no longer matches.</summary>
/// <param name="client">Writes the owner references.</param>
/// <param name="owner">The controlling object.</param>
/// <param name="selector">What it selects.</param>
/// <param name="release">Names of finalizers that are taken away together with the reference.</param>
public sealed class ControllerRefManager<TOwner>(IClusterClient client, TOwner owner, LabelMatcher selector, IReadOnlyList<string>? release = null)
    where TOwner : ApiObject, IResourceObject<TOwner>
{
    private Status? _mayNotAdopt;
    private bool _checked;

    /// <summary>The objects of the candidates that the owner controls after this, and the first error met (the pass should be tried again).</summary>
    /// <param name="candidates">Objects in the owner's namespace: those that match or that name the owner.</param>
    /// <param name="filter">A further condition for adoption.</param>
    /// <param name="cancellationToken">Cancels the writes.</param>
    public async ValueTask<(List<T> Claimed, Status? Error)> ClaimAsync<T>(IEnumerable<T> candidates, Func<T, bool>? filter, CancellationToken cancellationToken)
        where T : ApiObject, IResourceObject<T>
    {
        var claimed = new List<T>();
        Status? error = null;
        foreach (var candidate in candidates)
        {
            var reference = candidate.ControllerRef;
            var matches = selector.Matches(candidate.Metadata.Labels) && (filter is null || filter(candidate));
            if (reference is not null)
            {
                if (reference.Uid != owner.Metadata.Uid)
                {
                    continue;
                }

                if (matches)
                {
                    claimed.Add(candidate);
                }
                else if (!owner.IsBeingDeleted)
                {
                    error ??= await ReleaseAsync(candidate, cancellationToken);
                }

                continue;
            }

            if (owner.IsBeingDeleted || !matches || candidate.IsBeingDeleted)
            {
                continue;
            }

            var (adopted, refused) = await AdoptAsync(candidate, cancellationToken);
            if (adopted is not null)
            {
                claimed.Add(adopted);
            }

            error ??= refused;
        }

        return (claimed, error);
    }

    private async ValueTask<(T? Adopted, Status? Error)> AdoptAsync<T>(T candidate, CancellationToken cancellationToken)
        where T : ApiObject, IResourceObject<T>
    {
        if (!_checked)
        {
            // The cache may not know yet that the owner is being deleted or was made anew; the server does.
            var fresh = await client.GetAsync<TOwner>(owner.Key, cancellationToken);
            _mayNotAdopt = !fresh.IsOk ? fresh.Error
                : fresh.Value.Metadata.Uid != owner.Metadata.Uid ? ClientStatus.UnreachableBecause($"original {TOwner.Resource.Kind} {owner.Key} is gone: got uid {fresh.Value.Metadata.Uid}, wanted {owner.Metadata.Uid}")
                : fresh.Value.IsBeingDeleted ? ClientStatus.UnreachableBecause($"{owner.Key} has just been deleted at {fresh.Value.Metadata.DeletionTimestamp:O}")
                : null;
            _checked = true;
        }

        if (_mayNotAdopt is { } reason)
        {
            return (null, reason);
        }

        var body = ApiMap<object?>.Empty
            .With("metadata", ApiMap<object?>.Empty
                .With("uid", candidate.Metadata.Uid)
                .With("ownerReferences", ApiList.Create<object?>([owner.ToControllerRef()])));
        var patched = await client.PatchAsync<T>(candidate.Key, Patch.StrategicMerge(body), cancellationToken);
        return patched.TryGet(out var adopted) ? (adopted, null)
            : patched.IsNotFound || patched.IsInvalid ? (null, null)
            : (null, patched.Error);
    }

    private async ValueTask<Status?> ReleaseAsync<T>(T candidate, CancellationToken cancellationToken)
        where T : ApiObject, IResourceObject<T>
    {
        var references = ApiList.Create<object?>([ApiMap<object?>.Empty.With("$patch", "delete").With("uid", owner.Metadata.Uid)]);
        var metadata = ApiMap<object?>.Empty.With("uid", candidate.Metadata.Uid).With("ownerReferences", references);
        if (release is { Count: > 0 })
        {
            metadata = metadata.With("$deleteFromPrimitiveList/finalizers", release.Select(static f => (object?)f).ToApiList());
        }

        var patched = await client.PatchAsync<T>(candidate.Key, Patch.StrategicMerge(ApiMap<object?>.Empty.With("metadata", metadata)), cancellationToken);

        // Gone, or a namesake with another UID, or without the reference already: nothing left to let go.
        return patched.IsOk || patched.IsNotFound || patched.IsInvalid ? null : patched.Error;
    }
}
