namespace Orchestrator.ApiServer.Fairness;

/// <summary>How many seats a priority level has by right, must keep, and may borrow up to.</summary>
internal readonly record struct SeatLimits(int Nominal, int Lower, int Upper);
