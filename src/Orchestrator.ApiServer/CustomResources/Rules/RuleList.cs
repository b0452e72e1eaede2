using Orchestrator.Api;
using Orchestrator.Cel.Values;

namespace Orchestrator.ApiServer.CustomResources.Rules;

/// <summary>A list; sets and maps among lists compare without order, and join by what they are told apart by.</summary>
internal sealed class RuleList(IApiList list, RuleType type) : CelList
{
    private readonly CelValue[] _read = new CelValue[list.Count];
    private readonly bool[] _isRead = new bool[list.Count];

    public override int Count => list.Count;

    public override CelValue this[int index]
    {
        get
        {
            if (!_isRead[index])
            {
                _read[index] = RuleValues.Of(list.ItemAt(index), type.Items!);
                _isRead[index] = true;
            }

            return _read[index];
        }
    }

    public override CelValue Add(CelList other)
    {
        if (type.ListType is not ("set" or "map"))
        {
            return base.Add(other);
        }

        var items = new List<CelValue>(Count + other.Count);
        for (var i = 0; i < Count; i++)
        {
            items.Add(this[i]);
        }

        for (var i = 0; i < other.Count; i++)
        {
            var item = other[i];
            var at = items.FindIndex(present => Same(present, item));
            if (at < 0)
            {
                items.Add(item);
            }
            else if (type.ListType == "map")
            {
                items[at] = item;
            }
        }

        return new CelArray([.. items]);
    }

    public override bool ValueEquals(CelReference other)
    {
        if (type.ListType is not ("set" or "map"))
        {
            return base.ValueEquals(other);
        }

        if (other is not CelList items || items.Count != Count)
        {
            return false;
        }

        for (var i = 0; i < Count; i++)
        {
            if (!items.Contains(this[i]))
            {
                return false;
            }
        }

        return true;
    }

    public override int ValueHash()
    {
        if (type.ListType is not ("set" or "map"))
        {
            return base.ValueHash();
        }

        var hash = Count;
        for (var i = 0; i < Count; i++)
        {
            hash ^= this[i].ValueHash();
        }

        return hash;
    }

    private bool Same(in CelValue left, in CelValue right)
    {
        if (type.ListType == "set" || left.Reference is not CelMap a || right.Reference is not CelMap b)
        {
            return CelValue.Equal(left, right);
        }

        foreach (var key in type.MapKeys)
        {
            var name = RuleNames.TryEscape(key, out var escaped) ? escaped : key;
            var hasLeft = a.TryGetField(name, out var mine);
            var hasRight = b.TryGetField(name, out var theirs);
            if (hasLeft != hasRight || (hasLeft && !CelValue.Equal(mine, theirs)))
            {
                return false;
            }
        }

        return true;
    }
}
