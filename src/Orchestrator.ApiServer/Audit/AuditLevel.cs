namespace Orchestrator.ApiServer.Audit;

/// <summary>How much of a request is recorded; each level includes those before it.</summary>
internal enum AuditLevel : byte
{
    None,
    Metadata,
    Request,
    RequestResponse,
}
