using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Evaluation;

/// <summary>The values of an evaluation's variables.</summary>
public interface ICelActivation
{
    /// <summary>A variable's value; false if it has none. May be asked several times, or never. An error value is what the use of the variable becomes.</summary>
    bool TryGet(string name, out CelValue value);
}
