namespace Orchestrator.ApiServer.Admission.Policies;

/// <summary>A mutation: operations of a JSON patch, or an object to merge.</summary>
internal sealed record CompiledMutation(PolicyExpression Expression, bool IsJsonPatch);
