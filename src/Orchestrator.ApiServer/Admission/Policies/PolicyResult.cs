using Orchestrator.Cel.Values;

namespace Orchestrator.ApiServer.Admission.Policies;

/// <summary>What an expression of a policy gave.</summary>
/// <param name="Value">The value; meaningless if there is an error.</param>
/// <param name="Error">What went wrong, in upstream's words; "" if nothing.</param>
/// <param name="OutOfBudget">All expressions together became too expensive: no further one runs.</param>
internal readonly record struct PolicyResult(CelValue Value, string Error, bool OutOfBudget = false);
