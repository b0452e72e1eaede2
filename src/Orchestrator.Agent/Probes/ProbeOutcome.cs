namespace Orchestrator.Agent.Probes;

/// <summary>What one run of a probe found, and what it said.</summary>
internal readonly record struct ProbeOutcome(ProbeVerdict Verdict, string Output);
