namespace Orchestrator.ApiServer.Audit;

/// <summary>The moments of a request at which events are written.</summary>
[Flags]
internal enum AuditStages : byte
{
    None = 0,
    RequestReceived = 1,

    /// <summary>Only of requests that last, such as watches: the head of the answer is out.</summary>
    ResponseStarted = 2,

    ResponseComplete = 4,

    Panic = 8,
}
