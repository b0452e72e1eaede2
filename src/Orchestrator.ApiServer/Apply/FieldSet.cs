using System.Buffers;
using System.Text.Json;
using Orchestrator.Api;
using Orchestrator.Api.Json;

namespace Orchestrator.ApiServer.Apply;

/// <summary>A set of paths through an object, as FieldsV1 keeps it. Immutable; operations share what they leave unchanged.</summary>
internal sealed class FieldSet
{
    public static readonly FieldSet Empty = new([]);

    // Reading recurses; no kind nests its fields anywhere near this deep.
    private const int DepthMax = 500;

    private readonly FieldNode[] _nodes;

    private FieldSet(FieldNode[] nodes) => _nodes = nodes;

    public bool IsEmpty => _nodes.Length == 0;

    /// <summary>The nodes, sorted by element.</summary>
    public ReadOnlySpan<FieldNode> Nodes => _nodes;

    /// <summary>A set of the nodes in any order, each element once; null if there is none.</summary>
    public static FieldSet? Of(List<FieldNode>? nodes)
    {
        if (nodes is null || nodes.Count == 0)
        {
            return null;
        }

        var array = nodes.ToArray();
        for (var i = 1; i < array.Length; i++)
        {
            if (array[i - 1].Element.CompareTo(array[i].Element) >= 0)
            {
                Array.Sort(array, static (a, b) => a.Element.CompareTo(b.Element));
                break;
            }
        }

        return new(array);
    }

    /// <summary>A set of field paths with dots: <c>metadata.name</c>.</summary>
    public static FieldSet OfPaths(params ReadOnlySpan<string> paths)
    {
        var set = Empty;
        foreach (var path in paths)
        {
            FieldSet? one = null;
            foreach (var part in path.Split('.').Reverse())
            {
                one = new([new(PathElement.Field(part), one is null, one)]);
            }

            set = set.Union(one!);
        }

        return set;
    }

    /// <summary>The FieldsV1 form read; unknown kinds of elements are left out.</summary>
    /// <exception cref="FormatException">Not a field set.</exception>
    public static FieldSet Parse(RawJson raw)
    {
        raw = SharedFields.Of(raw);
        if (raw.Decoded is FieldSet known)
        {
            return known;
        }

        try
        {
            var reader = new Utf8JsonReader(raw.Utf8.Span, new JsonReaderOptions { MaxDepth = DepthMax });
            reader.Read();
            var set = reader.TokenType == JsonTokenType.Null ? Empty : Read(ref reader).Children ?? Empty;
            raw.Decoded = set;
            return set;
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            throw new FormatException(broken.Message, broken);
        }
    }

    public RawJson ToJson()
    {
        var output = new ArrayBufferWriter<byte>(256);
        var writer = new ApiJsonWriter(output);
        Write(ref writer, self: false);
        writer.Flush();
        var json = SharedFields.Of(output.WrittenSpan);
        json.Decoded ??= this;
        return json;
    }

    /// <summary>What the set has below an element; empty if nothing.</summary>
    public FieldSet Below(PathElement element) => Find(element).Children ?? Empty;

    public FieldNode Find(PathElement element)
    {
        int low = 0, high = _nodes.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = _nodes[middle].Element.CompareTo(element);
            if (order == 0)
            {
                return _nodes[middle];
            }

            if (order < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return default;
    }

    public FieldSet Union(FieldSet? other)
    {
        if (other is null || other.IsEmpty || ReferenceEquals(this, other))
        {
            return this;
        }

        return IsEmpty ? other : Combine(other, static (a, b) => new(
            (a.Element ?? b.Element)!, a.Member || b.Member, a.Children is null ? b.Children : a.Children.Union(b.Children))) ?? Empty;
    }

    /// <summary>Paths of this set that the other one lacks. A member of the other takes out only itself, not what is below.</summary>
    public FieldSet Difference(FieldSet? other)
    {
        if (other is null || other.IsEmpty || IsEmpty)
        {
            return this;
        }

        return Combine(other, static (a, b) => a.Element is null ? default : new(
            a.Element, a.Member && !b.Member, a.Children is null || b.Children is null ? a.Children : NullIfEmpty(a.Children.Difference(b.Children)))) ?? Empty;
    }

    /// <summary>As <see cref="Difference"/>, but a member of the other takes out all that is below it too.</summary>
    public FieldSet DifferenceBelow(FieldSet? other)
    {
        if (other is null || other.IsEmpty || IsEmpty)
        {
            return this;
        }

        return Combine(other, static (a, b) => a.Element is null || b.Member ? default : new(
            a.Element, a.Member, a.Children is null || b.Children is null ? a.Children : NullIfEmpty(a.Children.DifferenceBelow(b.Children)))) ?? Empty;
    }

    public FieldSet Intersection(FieldSet? other)
    {
        if (other is null || other.IsEmpty || IsEmpty)
        {
            return Empty;
        }

        return Combine(other, static (a, b) => a.Element is null || b.Element is null ? default : new(
            a.Element, a.Member && b.Member, a.Children is null || b.Children is null ? null : NullIfEmpty(a.Children.Intersection(b.Children)))) ?? Empty;
    }

    /// <summary>Whether both sets have a path in common, without making the intersection.</summary>
    public bool Overlaps(FieldSet? other)
    {
        if (other is null)
        {
            return false;
        }

        int i = 0, j = 0;
        while (i < _nodes.Length && j < other._nodes.Length)
        {
            ref readonly var a = ref _nodes[i];
            ref readonly var b = ref other._nodes[j];
            var order = a.Element.CompareTo(b.Element);
            if (order < 0)
            {
                i++;
            }
            else if (order > 0)
            {
                j++;
            }
            else
            {
                if ((a.Member && b.Member) || (a.Children is not null && a.Children.Overlaps(b.Children)))
                {
                    return true;
                }

                i++;
                j++;
            }
        }

        return false;
    }

    /// <summary>The set with all named struct fields on the way to its paths as members too; keys of free maps are not.</summary>
    public FieldSet WithNamedFields(FieldType? type)
    {
        if (IsEmpty)
        {
            return this;
        }

        var nodes = new FieldNode[_nodes.Length];
        for (var i = 0; i < nodes.Length; i++)
        {
            var node = _nodes[i];
            FieldType? below = null;
            var named = false;
            if (node.Element.Kind == PathElementKind.Field && type is MapType map)
            {
                var member = map.Find(node.Element.Name);
                named = member is not null && node.Children is not null;
                below = member?.Type ?? map.Element;
            }
            else if (node.Element.Kind == PathElementKind.Key && type is ListType list)
            {
                below = list.Element;
            }
            else if (type is DeducedType)
            {
                below = type;
            }

            nodes[i] = new(node.Element, node.Member || named, node.Children?.WithNamedFields(below));
        }

        return new(nodes);
    }

    /// <summary>All paths of the set as texts: of each level first the level's own, then what is below.</summary>
    public IEnumerable<string> Paths(string prefix = "")
    {
        foreach (var node in _nodes)
        {
            if (node.Member)
            {
                yield return prefix + node.Element;
            }
        }

        foreach (var node in _nodes)
        {
            foreach (var below in node.Children?.Paths(prefix + node.Element) ?? [])
            {
                yield return below;
            }
        }
    }

    /// <summary>The nodes as a function leaves them; a default node is left out.</summary>
    public FieldSet Where(Func<FieldNode, FieldNode> change)
    {
        List<FieldNode>? kept = null;
        foreach (var node in _nodes)
        {
            var changed = change(node);
            if (!changed.IsEmpty && changed.Element is not null)
            {
                (kept ??= []).Add(changed);
            }
        }

        return Of(kept) ?? Empty;
    }

    private static FieldSet? NullIfEmpty(FieldSet set) => set.IsEmpty ? null : set;

    /// <summary>Walks both sets in step; absent nodes are default. Gives this set itself when nothing changed.</summary>
    private FieldSet? Combine(FieldSet other, Func<FieldNode, FieldNode, FieldNode> combine)
    {
        var nodes = new FieldNode[_nodes.Length + other._nodes.Length];
        var count = 0;
        var changed = false;
        int i = 0, j = 0;
        while (i < _nodes.Length || j < other._nodes.Length)
        {
            var order = i >= _nodes.Length ? 1 : j >= other._nodes.Length ? -1 : _nodes[i].Element.CompareTo(other._nodes[j].Element);
            var left = order <= 0 ? _nodes[i++] : default;
            var right = order >= 0 ? other._nodes[j++] : default;
            var result = combine(left, right);
            if (result.Element is null || result.IsEmpty)
            {
                changed |= left.Element is not null;
                continue;
            }

            changed |= left.Element is null || left.Member != result.Member || !ReferenceEquals(left.Children, result.Children);
            nodes[count++] = result;
        }

        return !changed ? this : count == 0 ? null : new(nodes.AsSpan(0, count).ToArray());
    }

    private static (bool Self, FieldSet? Children) Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new FormatException("a field set is an object");
        }

        List<FieldNode>? nodes = null;
        var self = false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (name == ".")
            {
                self = true;
                reader.Skip();
                continue;
            }

            var element = PathElement.Parse(name);
            if (element is null)
            {
                reader.Skip();
                continue;
            }

            var (below, children) = Read(ref reader);
            nodes ??= [];
            var node = new FieldNode(element, below || children is null, children);

            // Written in order by every server; only a hand-made set may be out of order or say a thing twice.
            var same = nodes.Count == 0 || nodes[^1].Element.CompareTo(element) < 0 ? -1 : nodes.FindIndex(n => n.Element.Equals(element));
            if (same >= 0)
            {
                nodes[same] = node;
            }
            else
            {
                nodes.Add(node);
            }
        }

        return (self, Of(nodes));
    }

    private void Write(ref ApiJsonWriter writer, bool self)
    {
        writer.WriteByte((byte)'{');
        var first = true;
        if (self && !IsEmpty)
        {
            writer.WriteRaw("\".\":{}"u8);
            first = false;
        }

        foreach (var node in _nodes)
        {
            if (!first)
            {
                writer.WriteByte((byte)',');
            }

            first = false;
            writer.WriteRaw(node.Element.JsonName);
            if (node.Children is null)
            {
                writer.WriteRaw("{}"u8);
            }
            else
            {
                node.Children.Write(ref writer, node.Member);
            }
        }

        writer.WriteByte((byte)'}');
    }
}
