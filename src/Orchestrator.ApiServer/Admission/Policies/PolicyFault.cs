namespace Orchestrator.ApiServer.Admission.Policies;

/// <summary>Why a mutating policy refuses a request.</summary>
/// <param name="Message">What is told.</param>
/// <param name="IsMisconfigured">The policy or its binding cannot be used, whatever the request; else an expression or its result does not fit the object.</param>
internal readonly record struct PolicyFault(string Message, bool IsMisconfigured);
