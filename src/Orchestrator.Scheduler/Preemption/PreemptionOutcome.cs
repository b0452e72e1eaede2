namespace Orchestrator.Scheduler.Preemption;

/// <summary>What came of looking for victims.</summary>
/// <param name="Candidate">Where room is to be made; null if nowhere.</param>
/// <param name="Message">Why nowhere; "" with a candidate.</param>
/// <param name="ForgetNomination">An earlier nomination is of no use.</param>
internal sealed record PreemptionOutcome(PreemptionCandidate? Candidate, string Message, bool ForgetNomination);
