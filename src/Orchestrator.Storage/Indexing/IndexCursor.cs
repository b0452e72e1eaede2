using System.Runtime.CompilerServices;

namespace Orchestrator.Storage.Indexing;

/// <summary>Walks a tree's values in order. A struct that holds its path, so that a scan allocates nothing.</summary>
internal struct IndexCursor
{
    private Path _branches;
    private Positions _positions;
    private int _depth;
    private IndexLeaf? _leaf;
    private int _at;

    /// <summary>Starts at the first name that is <paramref name="from"/> or greater.</summary>
    public IndexCursor(IndexNode? root, string from)
    {
        if (root is null)
        {
            return;
        }

        var node = root;
        while (node is IndexBranch branch)
        {
            var child = branch.ChildFor(from);
            _branches[_depth] = branch;
            _positions[_depth] = child;
            _depth++;
            node = branch.Children[child];
        }

        _leaf = (IndexLeaf)node;
        _at = _leaf.Search(from);
        if (_at < 0)
        {
            _at = ~_at;
        }
    }

    /// <summary>The value at the cursor, which moves on; null at the end.</summary>
    public StoredValue? Next()
    {
        var leaf = _leaf;
        if (leaf is not null && _at < leaf.Length)
        {
            return leaf.Values[_at++];
        }

        return leaf is null ? null : NextLeaf();
    }

    private StoredValue? NextLeaf()
    {
        var level = _depth - 1;
        while (level >= 0 && _positions[level] + 1 >= _branches[level].Length)
        {
            level--;
        }

        if (level < 0)
        {
            _leaf = null;
            return null;
        }

        var node = _branches[level].Children[++_positions[level]];
        while (node is IndexBranch branch)
        {
            level++;
            _branches[level] = branch;
            _positions[level] = 0;
            node = branch.Children[0];
        }

        _leaf = (IndexLeaf)node;
        _at = 1;
        return _leaf.Values[0]; // A leaf in a tree is never empty.
    }

    // Nodes are at least a quarter full in the long run and splits make halves, so twelve levels exceed any memory.
    [InlineArray(12)]
    private struct Path
    {
        private IndexBranch _first;
    }

    [InlineArray(12)]
    private struct Positions
    {
        private int _first;
    }
}
