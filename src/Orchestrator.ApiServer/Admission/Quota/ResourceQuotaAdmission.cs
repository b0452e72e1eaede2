using System.Collections.Concurrent;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission.Quota;

/// <summary>
/// Charges new objects to their namespace's quotas before they are stored, and refuses what would exceed one. The last plugin: what it charged is
/// given back only by the quota controller's recount, as upstream's.
/// </summary>
/// <remarks>
/// One request of a namespace charges at a time, so none is refused by a race within this server; against other servers the quota's
/// resourceVersion decides.
/// </remarks>
internal sealed class ResourceQuotaAdmission(IObjectLister objects, IQuotaWriter writer, IReadOnlyList<LimitedResource> limited) : IValidatingAdmission
{
    /// <summary>Only other servers can make us try again.</summary>
    private const int AttemptsMax = 10;

    private readonly ConcurrentDictionary<(string Group, string Resource), QuotaEvaluator> _evaluators = [];

    // Namespaces with quotas come and go slowly; a semaphore each is small.
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _turns = [];

    public string Name => "ResourceQuota";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) =>
        resource.Namespaced && operation is AdmissionOperation.Create or AdmissionOperation.Update
        && (resource.Group, resource.Resource) is not (("", "events") or ("events.k8s.io", "events") or ("", "bindings") or ("authorization.k8s.io", _))
        && EvaluatorOf(resource).Handles(operation, subresource);

    public ValueTask ValidateAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes.Object is not ApiObject obj || attributes.Namespace.Length == 0 || (limited.Count == 0 && !HasQuota(attributes.Namespace)))
        {
            return default;
        }

        return ChargeAsync(obj, attributes, cancellationToken);
    }

    private bool HasQuota(string ns)
    {
        foreach (var unused in objects.List<ResourceQuota>(ns))
        {
            return true;
        }

        return false;
    }

    private async ValueTask ChargeAsync(ApiObject obj, AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        var evaluator = EvaluatorOf(attributes.Resource);
        var turn = _turns.GetOrAdd(attributes.Namespace, static _ => new SemaphoreSlim(1, 1));
        await turn.WaitAsync(cancellationToken);
        try
        {
            var charged = new HashSet<string>(StringComparer.Ordinal);
            for (var attempt = 0; attempt < AttemptsMax; attempt++)
            {
                var updates = Judge(obj, evaluator, attributes).Where(q => !charged.Contains(q.Metadata.Name)).ToArray();
                if (attributes.DryRun || updates.Length == 0)
                {
                    return;
                }

                var complete = true;
                foreach (var update in updates)
                {
                    if (await writer.TryUpdateStatusAsync(update, cancellationToken))
                    {
                        charged.Add(update.Metadata.Name);
                    }
                    else
                    {
                        complete = false;
                    }
                }

                if (complete)
                {
                    return;
                }
            }
        }
        finally
        {
            turn.Release();
        }

        throw Errors.Conflict("", "resourcequotas", "", $"the quotas of namespace {attributes.Namespace} kept changing; please try again");
    }

    /// <summary>The quotas with what they will have used; refuses if one does not suffice.</summary>
    private List<ResourceQuota> Judge(ApiObject obj, QuotaEvaluator evaluator, AdmissionAttributes attributes)
    {
        var matching = new List<ResourceQuota>();
        var covered = new HashSet<string>(StringComparer.Ordinal);
        var coveredScopes = new HashSet<string>(StringComparer.Ordinal);
        foreach (var quota in objects.List<ResourceQuota>(attributes.Namespace))
        {
            if (limited.Count > 0)
            {
                coveredScopes.UnionWith(evaluator.MatchingScopes(quota, obj).Select(static s => s.ScopeName));
            }

            if (!evaluator.Matches(quota, quota.Status.Hard, obj))
            {
                continue;
            }

            var names = quota.Status.Hard.Keys.Where(evaluator.Counts).ToArray();
            if (evaluator.MissingConstraints(names, obj) is { } missing)
            {
                throw attributes.Forbidden($"failed quota: {quota.Metadata.Name}: {missing}");
            }

            if (names.Any(n => !quota.Status.Used.ContainsKey(n)))
            {
                throw attributes.Forbidden($"status unknown for quota: {quota.Metadata.Name}, resources: {string.Join(',', names.Order(StringComparer.Ordinal))}");
            }

            covered.UnionWith(names);
            matching.Add(quota);
        }

        var delta = evaluator.Usage(obj);
        CheckLimited(obj, evaluator, delta, covered, coveredScopes, attributes);
        var negative = delta.Where(static d => d.Value.Sign < 0).Select(static d => d.Key).ToArray();
        if (negative.Length > 0)
        {
            throw attributes.Forbidden($"quota usage is negative for resource(s): {string.Join(", ", negative)}");
        }

        if (attributes.Operation == AdmissionOperation.Update && attributes.OldObject is ApiObject old)
        {
            delta = QuotaAmounts.Subtract(delta, evaluator.Usage(old));
        }

        delta = QuotaAmounts.WithoutZeros(delta);
        var updates = new List<ResourceQuota>();
        if (delta.Count == 0)
        {
            return updates;
        }

        foreach (var quota in matching)
        {
            var hard = quota.Status.Hard;
            var requested = QuotaAmounts.Mask(delta, hard.ContainsKey);
            if (requested.Count == 0)
            {
                continue;
            }

            var used = PodAmounts.Add(quota.Status.Used, requested);
            var exceeded = requested.Where(r => used[r.Key] > hard[r.Key]).Select(static r => r.Key).ToHashSet(StringComparer.Ordinal);
            if (exceeded.Count > 0)
            {
                string Part(ApiMap<Quantity> amounts) => QuotaAmounts.Describe(QuotaAmounts.Mask(amounts, exceeded.Contains));
                throw attributes.Forbidden(
                    $"exceeded quota: {quota.Metadata.Name}, requested: {Part(requested)}, used: {Part(quota.Status.Used)}, limited: {Part(hard)}");
            }

            updates.Add(quota with { Status = quota.Status with { Used = used } });
        }

        return updates;
    }

    /// <summary>What is limited and used must be covered by some quota.</summary>
    private void CheckLimited(
        ApiObject obj, QuotaEvaluator evaluator, ApiMap<Quantity> usage, HashSet<string> covered, HashSet<string> coveredScopes, AdmissionAttributes attributes)
    {
        var own = limited.Where(l => attributes.Is(l.Group, l.Resource)).ToArray();
        var uncovered = usage.Where(u => u.Value.Sign > 0 && !covered.Contains(u.Key) && own.Any(l => l.Contains.Any(c => u.Key.Contains(c, StringComparison.Ordinal))))
            .Select(static u => u.Key).Order(StringComparer.Ordinal).ToArray();
        if (uncovered.Length > 0)
        {
            throw attributes.Forbidden($"insufficient quota to consume: {string.Join(',', uncovered)}");
        }

        var scopes = own.SelectMany(l => l.Scopes).Where(s => evaluator.Matches(s, obj) && !coveredScopes.Contains(s.ScopeName)).ToArray();
        if (scopes.Length > 0)
        {
            // No refusal by upstream's types, but an error of its own.
            var texts = scopes.Select(static s => $"{{{s.ScopeName} {s.Operator} [{string.Join(' ', s.Values)}]}}");
            throw Errors.Make(500, "", $"insufficient quota to match these scopes: [{string.Join(' ', texts)}]", null);
        }
    }

    private QuotaEvaluator EvaluatorOf(ResourceInfo resource) =>
        _evaluators.GetOrAdd((resource.Group, resource.Resource), static key => QuotaEvaluator.For(key.Group, key.Resource));
}
