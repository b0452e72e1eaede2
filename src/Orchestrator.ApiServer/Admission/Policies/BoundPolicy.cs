namespace Orchestrator.ApiServer.Admission.Policies;

/// <summary>A policy and its bindings.</summary>
internal sealed record BoundPolicy(Lazy<CompiledPolicy> Policy, PolicyBinding[] Bindings);
