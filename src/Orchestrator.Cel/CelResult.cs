using Orchestrator.Cel.Values;

namespace Orchestrator.Cel;

/// <summary>What came out of an evaluation.</summary>
/// <param name="Value">The value, or an error.</param>
/// <param name="Cost">What it cost.</param>
/// <param name="CostExceeded">Whether it was cut off for its cost; the value then is an error that says so.</param>
public readonly record struct CelResult(CelValue Value, ulong Cost, bool CostExceeded)
{
    /// <summary>Whether the evaluation failed.</summary>
    public bool Failed => Value.IsError;

    /// <summary>Why it failed; "" if it did not.</summary>
    public string Error => Value.IsError ? Value.AsError.Message : "";
}
