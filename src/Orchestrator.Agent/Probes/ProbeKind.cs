namespace Orchestrator.Agent.Probes;

/// <summary>What a probe is for.</summary>
internal enum ProbeKind
{
    /// <summary>Has it started? The other probes wait for it.</summary>
    Startup,

    /// <summary>Does it live? If not, it is restarted.</summary>
    Liveness,

    /// <summary>May it get requests?</summary>
    Readiness,
}
