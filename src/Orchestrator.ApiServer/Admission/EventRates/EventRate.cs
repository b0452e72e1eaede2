namespace Orchestrator.ApiServer.Admission.EventRates;

/// <summary>One limit.</summary>
/// <param name="Type">Server, Namespace, User or SourceAndObject.</param>
/// <param name="PerSecond">Events a second in the long run.</param>
/// <param name="Burst">Events at once after a pause.</param>
/// <param name="Remembered">How many keys are told apart; those that were idle longest are forgotten.</param>
internal sealed record EventRate(string Type, int PerSecond, int Burst, int Remembered);
