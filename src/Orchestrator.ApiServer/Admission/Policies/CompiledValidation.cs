namespace Orchestrator.ApiServer.Admission.Policies;

/// <summary>A validation of a policy with its expressions; <paramref name="Message"/> is null if it has no expression for the message.</summary>
internal sealed record CompiledValidation(Api.AdmissionRegistration.V1.Validation Source, PolicyExpression Condition, PolicyExpression? Message);
