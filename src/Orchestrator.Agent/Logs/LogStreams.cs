namespace Orchestrator.Agent.Logs;

/// <summary>The streams of a container's log.</summary>
[Flags]
internal enum LogStreams
{
    /// <summary>Standard output.</summary>
    Out = 1,

    /// <summary>Standard error.</summary>
    Error = 2,

    /// <summary>Both, as they came.</summary>
    All = Out | Error,
}
