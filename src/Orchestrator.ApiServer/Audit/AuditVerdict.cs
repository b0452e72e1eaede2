namespace Orchestrator.ApiServer.Audit;

/// <summary>What the policy says of a request.</summary>
internal readonly record struct AuditVerdict(AuditLevel Level, AuditStages OmitStages, bool OmitManagedFields);
