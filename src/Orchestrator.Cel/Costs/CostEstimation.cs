using Orchestrator.Cel.Syntax;
using Orchestrator.Cel.Types;
using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Costs;

/// <summary>One estimation of what an expression may cost, by the sizes that its inputs may have. Used once.</summary>
internal sealed class CostEstimation(ICelSizeEstimator estimator) : ICelSizes
{
    private readonly Dictionary<Expr, IReadOnlyList<string>> _paths = [];
    private readonly Dictionary<Expr, CostRange> _sizes = [];
    private readonly Dictionary<Expr, EntrySize> _entrySizes = [];
    private readonly List<Variable> _scope = [];

    public CostRange Estimate(Expr expression) => Cost(expression);

    CostRange ICelSizes.SizeOf(CostNode node) => node.ComputedSize ?? estimator.EstimateSize(node) ?? CostRange.Unknown;

    CostNode? ICelSizes.ElementOf(CostNode list) => list.Type.Parameters is [var element, ..]
        ? new(list.Path is null ? null : [.. list.Path, "@items"], element, null, null)
        : null;

    private CostRange Cost(Expr node) => node switch
    {
        LiteralExpr => CostRange.Zero,
        IdentExpr ident => Ident(ident, ident.Name),
        SelectExpr { Resolved: { } resolved } select => Ident(select, resolved.Name),
        SelectExpr select => Select(select),
        CallExpr call => Call(call),
        ListExpr list => List(list),
        MapExpr map => Map(map),
        StructExpr structure => structure.Fields.Aggregate(CostRange.Zero, (sum, f) => sum + Cost(f.Value)) + CostRange.Fixed(40),
        ComprehensionExpr loop => IsBind(loop) ? Bind(loop) : Loop(loop),
        _ => CostRange.Zero,
    };

    private CostRange Ident(Expr node, string name)
    {
        _paths[node] = Find(name) is { } local ? local.Path : [name];
        return CostRange.One;
    }

    private CostRange Select(SelectExpr select)
    {
        var cost = Cost(select.Operand);
        if (select.TestOnly)
        {
            return cost;
        }

        if (select.Operand.Type.TypeKind is CelTypeKind.Map or CelTypeKind.Struct or CelTypeKind.TypeParam)
        {
            cost += CostRange.One;
        }

        _paths[select] = [.. PathOf(select.Operand), select.Name];
        return cost;
    }

    private CostRange Call(CallExpr call)
    {
        if (call.Function == "dyn")
        {
            var inner = Cost(call.Arguments[0]);
            Copy(call.Arguments[0], call);
            return CostRange.One + inner;
        }

        if (call.Function == Operators.OptSelect)
        {
            var operand = Cost(call.Arguments[0]);
            _paths[call] = [.. PathOf(call.Arguments[0]), ((LiteralExpr)call.Arguments[1]).Value.AsString];
            return operand + CostRange.One;
        }

        var arguments = new CostNode[call.Arguments.Length];
        var costs = new CostRange[call.Arguments.Length];
        for (var i = 0; i < arguments.Length; i++)
        {
            costs[i] = Cost(call.Arguments[i]);
            arguments[i] = NodeOf(call.Arguments[i]);
        }

        if (call.Overloads.Count == 0)
        {
            return CostRange.Zero;
        }

        var sum = CostRange.Zero;
        CostNode? target = null;
        if (call.Target is not null)
        {
            sum = Cost(call.Target);
            target = NodeOf(call.Target);
        }

        var cost = new CostRange(ulong.MaxValue, 0);
        CostRange? size = null;
        foreach (var overload in call.Overloads)
        {
            var estimate = OverloadCost(call, overload.Id, target, arguments, costs);
            cost = cost.Union(estimate.Cost);
            size = estimate.ResultSize is { } one ? size?.Union(one) ?? one : size;
            if (overload.Id is "index_list" or "index_map")
            {
                size = EntryOf(call.Arguments[0])?.Value;
                _paths[call] = [.. PathOf(call.Arguments[0]), overload.Id == "index_list" ? "@items" : "@values"];
            }

            size ??= Size(call);
        }

        if (size is { } known)
        {
            _sizes[call] = known;
        }

        return sum + cost;
    }

    private CallEstimate OverloadCost(CallExpr call, string overload, CostNode? target, CostNode[] arguments, CostRange[] costs)
    {
        var own = costs.Aggregate(CostRange.Zero, (a, b) => a + b);
        if (CallCosts.Estimate(this, call.Function, overload, target, arguments) is { } estimate)
        {
            return new(estimate.Cost + own, estimate.ResultSize);
        }

        switch (overload)
        {
            case "string_format" when target is not null:
                return new(SizeOrUnknown(target).Times(CallCosts.Traversal) + own, null);
            case "string_to_bytes":
                var text = SizeOrUnknown(arguments[0]);
                return new(text.Times(CallCosts.Traversal) + own, new(text.Min, CostRange.Multiply(text.Max, 4)));
            case "bytes_to_string":
                var bytes = SizeOrUnknown(arguments[0]);
                return new(bytes.Times(CallCosts.Traversal) + own, new(bytes.Min / 4, bytes.Max));
            case "strings_quote":
                var quoted = SizeOrUnknown(arguments[0]);
                return new(quoted.Times(CallCosts.Traversal) + own, new(CostRange.Add(quoted.Min, 2), CostRange.Add(CostRange.Multiply(quoted.Max, 2), 2)));
            case "starts_with_string" or "ends_with_string":
                return new(SizeOrUnknown(arguments[0]).Times(CallCosts.Traversal) + own);
            case "in_list":
                return new(SizeOrUnknown(arguments[1]) + own);
            case "matches_string" when target is not null:
                return new(CallCosts.EstimateRegex(SizeOrUnknown(target), SizeOrUnknown(arguments[0])) + own);
            case "contains_string" when target is not null:
                return new((SizeOrUnknown(target).Times(CallCosts.Traversal) * SizeOrUnknown(arguments[0]).Times(CallCosts.Traversal)) + own);
            case "logical_or" or "logical_and":
                return new(new(costs[0].Min, (costs[0] + costs[1]).Max));
            case "conditional":
                if (EntryOf(call.Arguments[1]) is { } yes && EntryOf(call.Arguments[2]) is { } no)
                {
                    _entrySizes[call] = yes.Union(no);
                }

                return new(costs[0] + costs[1].Union(costs[2]), SizeOrUnknown(arguments[1]).Union(SizeOrUnknown(arguments[2])));
            case "add_string" or "add_bytes" or "add_list":
                var joined = SizeOrUnknown(arguments[0]) + SizeOrUnknown(arguments[1]);
                if (EntryOf(call.Arguments[0]) is { } left && EntryOf(call.Arguments[1]) is { } right)
                {
                    _entrySizes[call] = left.Union(right);
                }

                return new((overload == "add_list" ? CostRange.One : joined.Times(CallCosts.Traversal)) + own, joined);
            case "equals" or "not_equals" or "less_string" or "less_bytes" or "less_equals_string" or "less_equals_bytes" or "greater_string"
                or "greater_bytes" or "greater_equals_string" or "greater_equals_bytes":
                var smallest = Math.Min(SizeOrUnknown(arguments[0]).Max, SizeOrUnknown(arguments[1]).Max);
                return new(new CostRange(smallest > 0 ? 1UL : 0, smallest).Times(CallCosts.Traversal) + own);
            default:
                return new(CostRange.One + own);
        }
    }

    private CostRange List(ListExpr list)
    {
        var cost = CostRange.Zero;
        var items = new CostRange(list.Elements.Count == 0 ? 0 : ulong.MaxValue, 0);
        foreach (var element in list.Elements)
        {
            cost += Cost(element);
            items = items.Union(Size(element) ?? CostRange.Unknown);
        }

        _entrySizes[list] = new(true, CostRange.One, items);
        return cost + CostRange.Fixed(10);
    }

    private CostRange Map(MapExpr map)
    {
        var cost = CostRange.Zero;
        var least = map.Entries.Count == 0 ? 0 : ulong.MaxValue;
        var (keys, values) = (new CostRange(least, 0), new CostRange(least, 0));
        foreach (var entry in map.Entries)
        {
            cost += Cost(entry.Key) + Cost(entry.Value);
            keys = keys.Union(Size(entry.Key) ?? CostRange.Unknown);
            values = values.Union(Size(entry.Value) ?? CostRange.Unknown);
        }

        _entrySizes[map] = new(false, keys, values);
        return cost + CostRange.Fixed(30);
    }

    private CostRange Loop(ComprehensionExpr loop)
    {
        var cost = Cost(loop.Range) + Cost(loop.Initial);
        Push(loop.Accumulator, loop.Initial);
        var entry = EntryOf(loop.Range);
        var ofList = entry?.OfList ?? loop.Range.Type.TypeKind == CelTypeKind.List;
        var path = PathOf(loop.Range);
        if (loop.Variable2 is not null)
        {
            _scope.Add(new(loop.Variable, [.. path, ofList ? "@indices" : "@keys"], entry?.Key, null));
            _scope.Add(new(loop.Variable2, [.. path, ofList ? "@items" : "@values"], entry?.Value, null));
        }
        else
        {
            _scope.Add(new(loop.Variable, [.. path, ofList ? "@items" : "@keys"], ofList ? entry?.Value : entry?.Key, null));
        }

        var condition = Cost(loop.Condition);
        var step = Cost(loop.Step);
        var rangeSize = Size(loop.Range) ?? CostRange.Unknown;
        var stepEntry = EntryOf(loop.Step);
        _scope.RemoveRange(_scope.Count - (loop.Variable2 is null ? 1 : 2), loop.Variable2 is null ? 1 : 2);
        cost += Cost(loop.Result);
        _scope.RemoveAt(_scope.Count - 1);
        cost += rangeSize * (step + condition);
        switch (loop.Initial)
        {
            case LiteralExpr:
                if (Size(loop.Initial) is { } one)
                {
                    _sizes[loop] = one;
                }

                break;
            case ListExpr or MapExpr:
                _sizes[loop] = rangeSize;
                if (stepEntry is not null)
                {
                    _entrySizes[loop] = stepEntry;
                }

                break;
        }

        return cost;
    }

    private static bool IsBind(ComprehensionExpr loop) =>
        loop.Range is ListExpr { Elements.Count: 0 } && loop.Condition is LiteralExpr { Value.IsFalse: true } && loop.Accumulator != Operators.Accumulator;

    private CostRange Bind(ComprehensionExpr loop)
    {
        var cost = Cost(loop.Range) + Cost(loop.Initial);
        Push(loop.Accumulator, loop.Initial);
        cost += Cost(loop.Result);
        Copy(loop.Result, loop);
        _scope.RemoveAt(_scope.Count - 1);
        return cost;
    }

    private void Push(string name, Expr value) => _scope.Add(new(name, PathOf(value), Size(value), EntryOf(value)));

    private void Copy(Expr from, Expr to)
    {
        if (Size(from) is { } size)
        {
            _sizes[to] = size;
        }

        if (EntryOf(from) is { } entry)
        {
            _entrySizes[to] = entry;
        }
    }

    private Variable? Find(string name) => _scope.FindLast(v => v.Name == name);

    private IReadOnlyList<string> PathOf(Expr node) =>
        node is IdentExpr ident && Find(ident.Name) is { } local ? local.Path : _paths.GetValueOrDefault(node, []);

    private CostNode NodeOf(Expr node)
    {
        var path = PathOf(node);
        return new(
            path.Count == 0 || path[0] == Operators.Accumulator ? null : path,
            node.Type,
            Size(node),
            node is LiteralExpr literal ? literal.Value : (CelValue?)null);
    }

    private static CostRange SizeOrUnknown(CostNode node) => node.ComputedSize ?? CostRange.Unknown;

    private CostRange? Size(Expr node)
    {
        if (_sizes.TryGetValue(node, out var known))
        {
            return known;
        }

        switch (node)
        {
            case LiteralExpr { Value: { Kind: CelKind.String or CelKind.Bytes } value }:
                return CostRange.Fixed(CallCosts.SizeOf(value));
            case LiteralExpr:
                return CostRange.One;
            case ListExpr list:
                return CostRange.Fixed((ulong)list.Elements.Count);
            case MapExpr map:
                return CostRange.Fixed((ulong)map.Entries.Count);
        }

        var path = PathOf(node);
        if (estimator.EstimateSize(new(path.Count == 0 ? null : path, node.Type, null, null)) is { } told)
        {
            _sizes[node] = told;
            return told;
        }

        if (IsScalar(node.Type))
        {
            return CostRange.One;
        }

        return node is IdentExpr ident ? Find(ident.Name)?.Size : null;
    }

    private static bool IsScalar(CelType type) => type.IsOptional
        ? IsScalar(type.Parameters[0])
        : type.TypeKind is CelTypeKind.Bool or CelTypeKind.Double or CelTypeKind.Duration or CelTypeKind.Int or CelTypeKind.Timestamp or CelTypeKind.UInt;

    private EntrySize? EntryOf(Expr node) =>
        _entrySizes.TryGetValue(node, out var known) ? known : node is IdentExpr ident ? Find(ident.Name)?.Entry : null;

    /// <summary>Sizes of a list's or map's entries.</summary>
    private sealed record EntrySize(bool OfList, CostRange Key, CostRange Value)
    {
        public EntrySize Union(EntrySize other) => new(OfList, Key.Union(other.Key), Value.Union(other.Value));
    }

    private sealed record Variable(string Name, IReadOnlyList<string> Path, CostRange? Size, EntrySize? Entry);
}
