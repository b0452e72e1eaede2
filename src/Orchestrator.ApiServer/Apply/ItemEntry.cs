using Orchestrator.ApiServer.Patch;

namespace Orchestrator.ApiServer.Apply;

/// <summary>The items of one identity: one, or doubles.</summary>
internal sealed class ItemEntry(object? first)
{
    private List<object?>? _more;

    public object? First { get; } = first;

    public int Count => 1 + (_more?.Count ?? 0);

    public void Add(object? item) => (_more ??= []).Add(item);

    public bool SameAs(ItemEntry other)
    {
        if (Count != other.Count || !ValueTree.SameJson(First, other.First))
        {
            return false;
        }

        for (var i = 0; i < (_more?.Count ?? 0); i++)
        {
            if (!ValueTree.SameJson(_more![i], other._more![i]))
            {
                return false;
            }
        }

        return true;
    }
}
