namespace Orchestrator.Storage.Indexing;

/// <summary>
/// Changes an index without touching the published one: copies each node on its first change and from then on works in the copy, so that
/// a batch of changes copies a path once. Dropping the builder undoes everything. Used by one thread.
/// </summary>
internal sealed class IndexBuilder(IndexNode? root)
{
    // Nodes carry their owner; a builder that has published gets a new one, since its nodes are everybody's from then on.
    private object _owner = new();

    /// <summary>The tree so far; null if empty.</summary>
    public IndexNode? Root { get; private set; } = root;

    /// <summary>Gives the tree away: what is changed from now on is copied again.</summary>
    public IndexNode? Publish()
    {
        _owner = new();
        return Root;
    }

    public StoredValue? Find(string name) => Root?.Find(name);

    /// <summary>Adds or replaces; answers what was there.</summary>
    public StoredValue? Put(StoredValue value)
    {
        Root ??= new IndexLeaf(_owner);
        Root = Put(Root, value, out var previous, out var right, out var low);
        if (right is not null)
        {
            var top = new IndexBranch(_owner);
            top.Insert(0, "", Root);
            top.Insert(1, low!, right);
            top.Recount();
            Root = top;
        }

        return previous;
    }

    /// <summary>Removes; answers what was there.</summary>
    public StoredValue? Remove(string name)
    {
        if (Root?.Find(name) is not { } removed)
        {
            return null;
        }

        Root = Remove(Root, name);
        while (Root is IndexBranch { Length: 1 } branch)
        {
            Root = branch.Children[0];
        }

        if (Root.Length == 0)
        {
            Root = null;
        }

        return removed;
    }

    private IndexNode Put(IndexNode node, StoredValue value, out StoredValue? previous, out IndexNode? right, out string? low)
    {
        right = null;
        low = null;
        if (node is IndexLeaf shared)
        {
            var leaf = Own(shared);
            var at = leaf.Search(value.Name);
            if (at >= 0)
            {
                previous = leaf.Values[at];
                leaf.Values[at] = value;
                return leaf;
            }

            previous = null;
            at = ~at;
            if (leaf.Length == IndexNode.Fanout)
            {
                // Names often arrive in order (a load, a ReplicaSet's burst): splitting at the end keeps the left leaf full.
                var middle = at == leaf.Length ? leaf.Length : leaf.Length / 2;
                var split = leaf.SplitAt(middle, _owner);
                if (at >= middle)
                {
                    split.Insert(at - middle, value);
                }
                else
                {
                    leaf.Insert(at, value);
                }

                right = split;
                low = split.Values[0].Name;
                return leaf;
            }

            leaf.Insert(at, value);
            return leaf;
        }

        var branch = Own((IndexBranch)node);
        var child = branch.ChildFor(value.Name);
        branch.Children[child] = Put(branch.Children[child], value, out previous, out var childRight, out var childLow);
        if (childRight is null)
        {
            if (previous is null)
            {
                branch.AddToCount(1);
            }

            return branch;
        }

        child++;
        if (branch.Length < IndexNode.Fanout)
        {
            branch.Insert(child, childLow!, childRight);
            branch.AddToCount(1);
            return branch;
        }

        var half = child == branch.Length ? branch.Length - 1 : branch.Length / 2;
        var sibling = branch.SplitAt(half, _owner);
        if (child > half)
        {
            sibling.Insert(child - half, childLow!, childRight);
            sibling.Recount();
        }
        else
        {
            branch.Insert(child, childLow!, childRight);
            branch.Recount();
        }

        right = sibling;
        low = sibling.Lows[0];
        return branch;
    }

    private IndexNode Remove(IndexNode node, string name)
    {
        if (node is IndexLeaf shared)
        {
            var leaf = Own(shared);
            leaf.RemoveAt(leaf.Search(name));
            return leaf;
        }

        var branch = Own((IndexBranch)node);
        var at = branch.ChildFor(name);
        var child = Remove(branch.Children[at], name);
        branch.Children[at] = child;
        branch.AddToCount(-1);
        if (child.Length == 0)
        {
            branch.RemoveAt(at);
        }
        else if (child.Length < IndexNode.Fanout / 4)
        {
            MergeWithNeighbour(branch, at);
        }

        return branch;
    }

    /// <summary>Joins a thin child with a neighbour where both fit into one node with room left, so that deletions do not leave a tree of crumbs.</summary>
    private void MergeWithNeighbour(IndexBranch branch, int at)
    {
        var left = at > 0 ? at - 1 : at;
        if (left + 1 >= branch.Length || branch.Children[left].Length + branch.Children[left + 1].Length > IndexNode.Fanout * 3 / 4)
        {
            return;
        }

        if (branch.Children[left] is IndexLeaf leftLeaf)
        {
            var merged = Own(leftLeaf);
            merged.Absorb((IndexLeaf)branch.Children[left + 1]);
            branch.Children[left] = merged;
        }
        else
        {
            var merged = Own((IndexBranch)branch.Children[left]);
            merged.Absorb(branch.Lows[left + 1], (IndexBranch)branch.Children[left + 1]);
            branch.Children[left] = merged;
        }

        branch.RemoveAt(left + 1);
    }

    private IndexLeaf Own(IndexLeaf leaf) => ReferenceEquals(leaf.Owner, _owner) ? leaf : leaf.Copy(_owner);

    private IndexBranch Own(IndexBranch branch) => ReferenceEquals(branch.Owner, _owner) ? branch : branch.Copy(_owner);
}
