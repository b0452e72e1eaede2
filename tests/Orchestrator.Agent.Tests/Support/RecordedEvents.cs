using System.Collections.Concurrent;
using Orchestrator.Agent.Reporting;

namespace Orchestrator.Agent.Tests.Support;

/// <summary>Keeps events in order.</summary>
internal sealed class RecordedEvents : IPodEvents
{
    public ConcurrentQueue<RecordedEvent> All { get; } = new();

    public void Emit(Pod pod, string? containerName, string type, string reason, string message) =>
        All.Enqueue(new(pod.Metadata.Uid, containerName is null ? null : Agent.Pods.PodExtensions.FieldPathOf(pod, containerName), type, reason, message));

    public void EmitNode(string type, string reason, string message) => All.Enqueue(new("", null, type, reason, message));

    public IEnumerable<RecordedEvent> Of(Pod pod) => All.Where(e => e.Uid == pod.Metadata.Uid);
}
