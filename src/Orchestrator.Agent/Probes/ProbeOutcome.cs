namespace Orchestrator.Agent.Probes;

/// <summary>What one run of a probe found, and what it said.</summary>
/// <param name="Verdict">Whether it passed.</param>
/// <param name="Output">What events quote.</param>
/// <param name="IsAnswer">True for a failure that is an answer of the container: it was reached.</param>
internal readonly record struct ProbeOutcome(ProbeVerdict Verdict, string Output, bool IsAnswer = false);
