using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Evaluation;

/// <summary>One evaluation in progress: its variables and what it has cost.</summary>
internal sealed class Frame(ICelActivation variables, ulong costLimit)
{
    private CelValue[] _locals = [];

    public ulong Cost { get; private set; }

    public ICelActivation Variables => variables;

    public ref CelValue Local(int index)
    {
        if (index >= _locals.Length)
        {
            Array.Resize(ref _locals, Math.Max(8, index * 2));
        }

        return ref _locals[index];
    }

    public void Spend(ulong cost)
    {
        Cost += cost;
        if (Cost > costLimit)
        {
            throw new CostExceededException();
        }
    }
}
