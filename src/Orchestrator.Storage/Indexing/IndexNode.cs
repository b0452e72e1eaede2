namespace Orchestrator.Storage.Indexing;

/// <summary>
/// A node of the persistent B+ tree that a collection's index is: values in the leaves, ordered by name. A published node never changes;
/// <see cref="IndexBuilder"/> copies the nodes on the path to a change and shares all others.
/// </summary>
internal abstract class IndexNode
{
    /// <summary>Children per branch and values per leaf. 32 keeps both the copied path (about 1 KB for 5,000 values) and the depth (4 for 100,000) small.</summary>
    public const int Fanout = 32;

    /// <summary>The builder that made this node and may still change it in place; meaningless once that builder is done.</summary>
    public object? Owner { get; protected init; }

    /// <summary>Used slots.</summary>
    public int Length { get; set; }

    /// <summary>Values in the whole subtree.</summary>
    public abstract int Count { get; }

    /// <summary>The value with this name, or null.</summary>
    public StoredValue? Find(string name)
    {
        var node = this;
        while (node is IndexBranch branch)
        {
            node = branch.Children[branch.ChildFor(name)];
        }

        var leaf = (IndexLeaf)node;
        var at = leaf.Search(name);
        return at >= 0 ? leaf.Values[at] : null;
    }

    /// <summary>How many names are less than this one.</summary>
    public int CountBelow(string name)
    {
        var node = this;
        var count = 0;
        while (node is IndexBranch branch)
        {
            var child = branch.ChildFor(name);
            for (var i = 0; i < child; i++)
            {
                count += branch.Children[i].Count;
            }

            node = branch.Children[child];
        }

        var at = ((IndexLeaf)node).Search(name);
        return count + (at >= 0 ? at : ~at);
    }
}
