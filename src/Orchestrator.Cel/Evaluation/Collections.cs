using Orchestrator.Cel.Types;
using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Evaluation;

/// <summary>Lists and maps under construction by loops.</summary>
internal static class Collections
{
    /// <summary>A list that a loop has built, as one that nobody adds to any more.</summary>
    public static CelValue Freeze(CelValue value) => value.Reference is ListBuilder builder ? builder.Freeze() : value;
}

/// <summary>The accumulator of <c>map</c> and <c>filter</c>: grows in place, since nobody else sees it before the loop ends.</summary>
internal sealed class ListBuilder : CelList
{
    private readonly List<CelValue> _items = [];

    public override int Count => _items.Count;

    public override CelValue this[int index] => _items[index];

    public void Append(CelValue value) => _items.Add(value);

    public CelArray Freeze() => CelArray.Of(_items);
}

/// <summary><c>accumulator + [x]</c> in a loop.</summary>
internal sealed class AppendNode(int accumulator, Node item) : Node
{
    // The variable, the list of one (nothing if that is a constant), and the addition.
    private readonly ulong _cost = item is ConstantNode ? 2UL : 12UL;

    public override CelValue Evaluate(Frame frame)
    {
        var target = frame.Local(accumulator);
        var value = Collections.Freeze(item.Evaluate(frame));
        frame.Spend(_cost);
        if (target.IsError || value.IsError)
        {
            return target.IsError ? target : value;
        }

        if (target.Reference is not ListBuilder builder)
        {
            return target.AsList.Add(new CelArray(value));
        }

        builder.Append(value);
        return target;
    }
}

internal sealed class ListNode(Node[] elements, HashSet<int> optionals, bool growing) : Node
{
    public override CelValue Evaluate(Frame frame)
    {
        if (growing && elements.Length == 0)
        {
            // An empty literal is a constant, which costs nothing.
            return new ListBuilder();
        }

        var items = new List<CelValue>(elements.Length);
        for (var i = 0; i < elements.Length; i++)
        {
            var value = Collections.Freeze(elements[i].Evaluate(frame));
            if (value.IsError)
            {
                return value;
            }

            if (!optionals.Contains(i))
            {
                items.Add(value);
            }
            else if (value.Reference is not CelOptional optional)
            {
                return CelValue.Error($"cannot initialize optional list element from non-optional value {value}");
            }
            else if (optional.HasValue)
            {
                items.Add(optional.Value);
            }
        }

        frame.Spend(10);
        return CelArray.Of(items);
    }
}

internal sealed class MapNode((Node Key, Node Value, bool Optional)[] entries) : Node
{
    public override CelValue Evaluate(Frame frame)
    {
        var map = new CelDictionary();
        foreach (var entry in entries)
        {
            var key = entry.Key.Evaluate(frame);
            if (key.IsError)
            {
                return key;
            }

            var value = Collections.Freeze(entry.Value.Evaluate(frame));
            if (value.IsError)
            {
                return value;
            }

            if (entry.Optional)
            {
                if (value.Reference is not CelOptional optional)
                {
                    return CelValue.Error($"cannot initialize optional entry '{key}' from non-optional value {value}");
                }

                if (!optional.HasValue)
                {
                    continue;
                }

                value = optional.Value;
            }

            map.Set(key, value);
        }

        frame.Spend(30);
        return map;
    }
}

internal sealed class StructNode(string typeName, (string Name, Node Value, bool Optional)[] fields, ICelTypeProvider types) : Node
{
    public override CelValue Evaluate(Frame frame)
    {
        var values = new List<KeyValuePair<string, CelValue>>(fields.Length);
        foreach (var field in fields)
        {
            var value = Collections.Freeze(field.Value.Evaluate(frame));
            if (value.IsError)
            {
                return value;
            }

            if (field.Optional)
            {
                if (value.Reference is not CelOptional optional)
                {
                    return CelValue.Error($"cannot initialize optional entry '{field.Name}' from non-optional value {value}");
                }

                if (!optional.HasValue)
                {
                    continue;
                }

                value = optional.Value;
            }

            values.Add(new(field.Name, value));
        }

        frame.Spend(40);
        return types.Construct(typeName, values) ?? CelValue.Error($"unknown type '{typeName}'");
    }
}
