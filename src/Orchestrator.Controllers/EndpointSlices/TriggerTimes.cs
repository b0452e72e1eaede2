using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.EndpointSlices;

/// <summary>
/// Tells when the change happened that a pass over a Service answers: the earliest readiness change of a pod, or creation of the Service,
/// that no earlier pass has seen. Only measures latency; after a restart it starts anew.
/// </summary>
internal sealed class TriggerTimes
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ObjectKey, (DateTimeOffset? Service, Dictionary<string, DateTimeOffset> Pods)> _seen = [];

    /// <returns>The time in RFC 3339 to annotate; null if this pass has another cause.</returns>
    public DateTimeOffset? Next(Service service, IEnumerable<Pod> pods)
    {
        lock (_lock)
        {
            var known = _seen.TryGetValue(service.Key, out var before);
            DateTimeOffset? earliest = null;
            var times = new Dictionary<string, DateTimeOffset>();
            foreach (var pod in pods)
            {
                if (pod.FindCondition("Ready")?.LastTransitionTime is not { } since)
                {
                    continue;
                }

                times[pod.Metadata.Name] = since;
                if (known && (!before.Pods.TryGetValue(pod.Metadata.Name, out var last) || since > last))
                {
                    earliest = earliest is null || since < earliest ? since : earliest;
                }
            }

            var created = service.Metadata.CreationTimestamp;
            if (!known || (created is { } c && (before.Service is null || c > before.Service)))
            {
                earliest = created;
            }

            _seen[service.Key] = (created, times);
            return earliest;
        }
    }

    public void Forget(ObjectKey service)
    {
        lock (_lock)
        {
            _seen.Remove(service);
        }
    }
}
