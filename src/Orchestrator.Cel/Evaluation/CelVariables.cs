using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Evaluation;

/// <summary>Variables in a dictionary.</summary>
public sealed class CelVariables(IReadOnlyDictionary<string, CelValue> values) : ICelActivation
{
    public static CelVariables None { get; } = new(new Dictionary<string, CelValue>());

    public bool TryGet(string name, out CelValue value) => values.TryGetValue(name, out value);
}
