namespace Orchestrator.Agent.Pods;

/// <summary>Who a container's main process runs as.</summary>
internal sealed record RuntimeUser(long Uid, long Gid, IReadOnlyList<long> SupplementalGroups);
