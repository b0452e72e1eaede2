using Orchestrator.Cel;

namespace Orchestrator.ApiServer.Admission.Policies;

/// <summary>A compiled expression of a policy, or why it is none.</summary>
/// <param name="Text">The expression.</param>
/// <param name="Program">What runs; null if it did not compile.</param>
/// <param name="Fault">Why it did not compile; "" if it did.</param>
/// <param name="Type">What it gives.</param>
internal sealed record PolicyExpression(string Text, CelProgram? Program, string Fault, Orchestrator.Cel.Types.CelType Type);
