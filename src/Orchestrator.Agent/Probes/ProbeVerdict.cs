namespace Orchestrator.Agent.Probes;

/// <summary>What one run of a probe found.</summary>
internal enum ProbeVerdict
{
    /// <summary>It passed.</summary>
    Success,

    /// <summary>It passed, but not as it should.</summary>
    Warning,

    /// <summary>It did not pass.</summary>
    Failure,

    /// <summary>It could not be run.</summary>
    Unknown,
}
