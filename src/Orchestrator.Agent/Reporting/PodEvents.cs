using Orchestrator.Client;

namespace Orchestrator.Agent.Reporting;

/// <summary>The node's events over the client's recorder.</summary>
internal sealed class PodEvents(IEventRecorder recorder, NodeAgentOptions options) : IPodEvents
{
    public void Emit(Pod pod, string? containerName, string type, string reason, string message) =>
        recorder.Record(
            new ObjectReference
            {
                Kind = "Pod",
                ApiVersion = "v1",
                Namespace = pod.Metadata.Namespace,
                Name = pod.Metadata.Name,
                Uid = pod.Metadata.Uid,
                ResourceVersion = pod.Metadata.ResourceVersion,
                FieldPath = containerName is null ? "" : Pods.PodExtensions.FieldPathOf(pod, containerName),
            },
            type,
            reason,
            message);

    // The uid of a node in events is its name: it must be known before the node is.
    public void EmitNode(string type, string reason, string message) =>
        recorder.Record(new ObjectReference { Kind = "Node", Name = options.NodeName, Uid = options.NodeName }, type, reason, message);
}
