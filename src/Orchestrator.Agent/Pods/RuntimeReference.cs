namespace Orchestrator.Agent.Pods;

/// <summary>A sandbox or container in the runtime and the pod it belongs to.</summary>
internal readonly record struct RuntimeReference(string PodUid, string Id, bool IsRunning, string PodNamespace, string PodName);
