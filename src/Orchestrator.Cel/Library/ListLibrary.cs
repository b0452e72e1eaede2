using Orchestrator.Cel.Evaluation;
using Orchestrator.Cel.Types;
using Orchestrator.Cel.Values;
using static Orchestrator.Cel.Library.Declare;
using T = Orchestrator.Cel.Types.CelType;

namespace Orchestrator.Cel.Library;

/// <summary>Functions of lists: Kubernetes' own, those of the language's extensions, and sets.</summary>
internal static class ListLibrary
{
    private static readonly (string Id, CelType Type)[] Comparable =
        [("int", T.Int), ("uint", T.UInt), ("double", T.Double), ("bool", T.Bool), ("string", T.String), ("timestamp", T.Timestamp), ("duration", T.Duration), ("bytes", T.Bytes)];

    public static IEnumerable<CelFunction> Functions() =>
    [
        Function("isSorted", [.. Comparable.Select(c => Member($"list_{c.Id}_is_sorted_bool", [T.List(c.Type)], T.Bool, IsSorted))]),
        Function(
            "sum",
            Member("list_int_sum_int", [T.List(T.Int)], T.Int, a => Sum(a[0].AsList, CelValue.Int(0))),
            Member("list_uint_sum_uint", [T.List(T.UInt)], T.UInt, a => Sum(a[0].AsList, CelValue.UInt(0))),
            Member("list_double_sum_double", [T.List(T.Double)], T.Double, a => Sum(a[0].AsList, CelValue.Double(0))),
            Member("list_duration_sum_duration", [T.List(T.Duration)], T.Duration, a => Sum(a[0].AsList, CelValue.Duration(0)))),
        Function("min", [.. Comparable.Select(c => Member($"list_{c.Id}_min_{c.Id}", [T.List(c.Type)], c.Type, a => Extreme(a[0].AsList, "min", -1)))]),
        Function("max", [.. Comparable.Select(c => Member($"list_{c.Id}_max_{c.Id}", [T.List(c.Type)], c.Type, a => Extreme(a[0].AsList, "max", 1)))]),
        Function("indexOf", Member("list_a_index_of_int", [ListOfA, A], T.Int, a => IndexOf(a[0].AsList, a[1]))),
        Function("lastIndexOf", Member("list_a_last_index_of_int", [ListOfA, A], T.Int, a => LastIndexOf(a[0].AsList, a[1]))),
        Function("sets.contains", Global("list_sets_contains_list", [ListOfA, ListOfA], T.Bool, a => ContainsAll(a[0].AsList, a[1].AsList))),
        Function(
            "sets.equivalent",
            Global("list_sets_equivalent_list", [ListOfA, ListOfA], T.Bool, a => ContainsAll(a[0].AsList, a[1].AsList) && ContainsAll(a[1].AsList, a[0].AsList))),
        Function("sets.intersects", Global("list_sets_intersects_list", [ListOfA, ListOfA], T.Bool, a => Items(a[1].AsList).Any(i => a[0].AsList.Contains(i)))),
        Function("slice", Member("list_slice", [ListOfA, T.Int, T.Int], ListOfA, Slice)),
        Function(
            "flatten",
            Flattens(),
            Member("list_flatten_int", [T.List(T.Dyn), T.Int], T.List(T.Dyn), a => Flatten(a[0].AsList, a[1].AsInt))),
        Function("lists.range", Global("lists_range", [T.Int], T.List(T.Int), Range)),
        Function("distinct", Member("list_distinct", [ListOfA], ListOfA, Distinct)),
        Function("reverse", Member("list_reverse", [ListOfA], ListOfA, a => new CelArray([.. Items(a[0].AsList).Reverse()]))),
        Function("sort", [.. Comparable.Select(c => Member($"list_{c.Id}_sort", [T.List(c.Type)], T.List(c.Type), a => Sort(a[0].AsList, a[0].AsList)))]),
        Function(
            "@sortByAssociatedKeys",
            [.. Comparable.Select(c => Member($"list_{c.Id}_sortByAssociatedKeys", [ListOfA, T.List(c.Type)], ListOfA, a => Sort(a[0].AsList, a[1].AsList)))]),
        Function("first", Member("list_first", [ListOfA], T.Optional(A), a => a[0].AsList is { Count: > 0 } list ? CelOptional.Of(list[0]) : CelOptional.None)),
        Function("last", Member("list_last", [ListOfA], T.Optional(A), a => a[0].AsList is { Count: > 0 } list ? CelOptional.Of(list[^1]) : CelOptional.None)),
    ];

    // What is no list stays as it is; only the checker asks for lists of lists.
    private static CelOverload Flattens() => new()
    {
        Id = "list_flatten",
        Arguments = [T.List(ListOfA)],
        Result = ListOfA,
        IsMember = true,
        TakesAnyElement = true,
        Body = a => Flatten(a[0].AsList, 1),
    };

    private static IEnumerable<CelValue> Items(CelList list)
    {
        for (var i = 0; i < list.Count; i++)
        {
            yield return list[i];
        }
    }

    private static CelValue IsSorted(CelValue[] a)
    {
        var list = a[0].AsList;
        for (var i = 1; i < list.Count; i++)
        {
            if (Comparing.Order(list[i - 1], list[i]) is not { } order)
            {
                return CelError.NoSuchOverload;
            }

            if (order > 0)
            {
                return false;
            }
        }

        return true;
    }

    private static CelValue Sum(CelList list, CelValue sum)
    {
        foreach (var item in Items(list))
        {
            sum = Arithmetic.Sum(sum, item);
            if (sum.IsError)
            {
                return sum;
            }
        }

        return sum;
    }

    private static CelValue Extreme(CelList list, string name, int sign)
    {
        if (list.Count == 0)
        {
            return CelValue.Error($"{name} called on empty list");
        }

        var best = list[0];
        for (var i = 1; i < list.Count; i++)
        {
            if (Comparing.Order(list[i], best) is not { } order)
            {
                return CelError.NoSuchOverload;
            }

            best = Math.Sign(order) == sign ? list[i] : best;
        }

        return best;
    }

    private static CelValue IndexOf(CelList list, in CelValue value)
    {
        for (var i = 0; i < list.Count; i++)
        {
            if (CelValue.Equal(list[i], value))
            {
                return CelValue.Int(i);
            }
        }

        return CelValue.Int(-1);
    }

    private static CelValue LastIndexOf(CelList list, in CelValue value)
    {
        for (var i = list.Count - 1; i >= 0; i--)
        {
            if (CelValue.Equal(list[i], value))
            {
                return CelValue.Int(i);
            }
        }

        return CelValue.Int(-1);
    }

    private static bool ContainsAll(CelList list, CelList others) => Items(others).All(o => list.Contains(o));

    private static CelValue Slice(CelValue[] a)
    {
        var (list, from, to) = (a[0].AsList, a[1].AsInt, a[2].AsInt);
        if (from < 0 || to < 0)
        {
            return CelValue.Error($"cannot slice({from}, {to}), negative indexes not supported");
        }

        if (from > to)
        {
            return CelValue.Error($"cannot slice({from}, {to}), start index must be less than or equal to end index");
        }

        if (to > list.Count)
        {
            return CelValue.Error($"cannot slice({from}, {to}), list is length {list.Count}");
        }

        return new CelArray([.. Items(list).Skip((int)from).Take((int)(to - from))]);
    }

    private static CelValue Flatten(CelList list, long depth)
    {
        if (depth < 0)
        {
            return CelValue.Error("level must be non-negative");
        }

        var items = new List<CelValue>();
        Add(list, depth);
        return CelArray.Of(items);

        void Add(CelList from, long levels)
        {
            foreach (var item in Items(from))
            {
                if (levels > 0 && item.Reference is CelList inner)
                {
                    Add(inner, levels - 1);
                }
                else
                {
                    items.Add(item);
                }
            }
        }
    }

    private static CelValue Range(CelValue[] a)
    {
        // Longer lists would exceed any budget anyway.
        const long Most = CelProgram.PerCallLimit > long.MaxValue ? long.MaxValue : (long)CelProgram.PerCallLimit;
        if (a[0].AsInt > Most)
        {
            return CelValue.Error($"size {a[0].AsInt} exceeds maximum of {Most}");
        }

        var items = new CelValue[Math.Max(0, a[0].AsInt)];
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = CelValue.Int(i);
        }

        return new CelArray(items);
    }

    private static CelValue Distinct(CelValue[] a)
    {
        var items = new List<CelValue>();
        foreach (var item in Items(a[0].AsList))
        {
            var value = item;
            if (!items.Exists(i => CelValue.Equal(i, value)))
            {
                items.Add(item);
            }
        }

        return CelArray.Of(items);
    }

    private static CelValue Sort(CelList list, CelList keys)
    {
        if (list.Count != keys.Count)
        {
            return CelValue.Error($"@sortByAssociatedKeys() expected a list of the same size as the associated keys list, but got {list.Count} and {keys.Count} elements respectively.");
        }

        if (Items(keys).Any(k => k.Type.Name != keys[0].Type.Name))
        {
            return CelValue.Error("list elements must have the same type");
        }

        return new CelArray([.. Items(list).Zip(Items(keys)).OrderBy(p => p.Second, Comparer<CelValue>.Create((x, y) => Comparing.Order(x, y) ?? 0)).Select(p => p.First)]);
    }
}
