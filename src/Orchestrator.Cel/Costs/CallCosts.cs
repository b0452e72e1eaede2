using Orchestrator.Cel.Syntax;
using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Costs;

/// <summary>
/// What calls cost, at run time and beforehand. The numbers are upstream's, oddities included: whether an API server takes an expression must not
/// depend on which server it is.
/// </summary>
internal static class CallCosts
{
    public const double Traversal = 0.1;
    private const double RegexLength = 0.25;

    /// <summary>Only two checks fit into one evaluation.</summary>
    private const ulong AuthorizationCheck = 350_000;

    // Format names' expressions are not at hand when costs are estimated; the longest counts for all.
    private const double NamedFormatRegexMax = 128;
    private const ulong NamedFormatMax = 64;

    /// <summary>The size of a value: code points, bytes, entries; 1 for what has none.</summary>
    public static ulong SizeOf(in CelValue value) => value.Kind switch
    {
        CelKind.String => (ulong)Library.Text.Length(value.AsString),
        CelKind.Bytes => (ulong)value.AsBytes.Data.Length,
        CelKind.List => (ulong)value.AsList.Count,
        CelKind.Map => (ulong)value.AsMap.Count,
        CelKind.Opaque when value.Reference is CelOpaque opaque => opaque.CostSize,
        _ => 1,
    };

    public static ulong Equality(in CelValue left, in CelValue right, bool negated) =>
        !negated && left.Kind == CelKind.Opaque ? 1 : Smaller(left, right);

    public static ulong Smaller(in CelValue left, in CelValue right) => Times(Math.Min(SizeOf(left), SizeOf(right)));

    public static ulong Joined(in CelValue left, in CelValue right) => Times(SizeOf(left) + SizeOf(right));

    /// <summary>The cost of a call that was made.</summary>
    /// <param name="function">Its name.</param>
    /// <param name="overload">The overload, "" if several were possible.</param>
    /// <param name="arguments">The arguments, a member function's target first.</param>
    /// <param name="result">What it gave.</param>
    public static ulong Actual(string function, string overload, CelValue[] arguments, in CelValue result)
    {
        switch (function)
        {
            case "check":
                return AuthorizationCheck;
            case "fieldSelector" or "labelSelector" when arguments.Length >= 2:
                return Selector(CostRange.Fixed(SizeOf(arguments[1]))).Max;
            case "isSorted" or "sum" or "max" or "min" or "indexOf" or "lastIndexOf":
                return arguments.Length > 0 ? TraversalOf(arguments[0]) : 0;
            case "url" or "lowerAscii" or "upperAscii" or "substring" or "trim" or "jsonpatch.escapeKey" when arguments.Length >= 1:
            case "cidr" or "isIP" or "isCIDR" or "quantity" or "isQuantity" or "semver" or "isSemver" when arguments.Length >= 1:
                return Times(SizeOf(arguments[0]));
            case "replace" or "split" or "ip.isCanonical" when arguments.Length >= 1:
                return CostRange.Times(SizeOf(arguments[0]), 2 * Traversal);
            case "join" when arguments.Length >= 1:
                return CostRange.Times(SizeOf(result), 2 * Traversal);
            case "find" or "findAll" when arguments.Length >= 2:
                return Regex(SizeOf(arguments[0]), SizeOf(arguments[1]));
            case "ip" when arguments.Length >= 1:
                return overload == "cidr_ip" ? 1 : Times(SizeOf(arguments[0]));
            case "containsIP" when arguments.Length >= 2:
                return Times(2 * SizeOf(arguments[0])) + (overload == "cidr_contains_ip_string" ? Times(SizeOf(arguments[1])) : 0);
            case "containsCIDR" when arguments.Length >= 2:
                return Times(2 * SizeOf(arguments[0])) + Times(SizeOf(arguments[0])) + 1
                    + (overload == "cidr_contains_cidr_string" ? Times(SizeOf(arguments[1])) : 0);
            case "validate" when arguments is [{ Reference: Library.NamedFormat format }, ..] && arguments.Length >= 2:
                return Regex(SizeOf(arguments[1]), (ulong)format.RegexSizeMax);
            case "sets.contains" or "sets.intersects":
                return 1 + CostRange.Multiply(SizeOf(arguments[0]), SizeOf(arguments[1]));
            case "sets.equivalent":
                return 1 + CostRange.Multiply(2, CostRange.Multiply(SizeOf(arguments[0]), SizeOf(arguments[1])));
            case "lists.range" or "slice" or "reverse" when result.Kind == CelKind.List:
                return NewList(SizeOf(result), 1);
            case "flatten" when overload.Length > 0:
                return NewList(SizeOf(arguments[0]), arguments.Length == 2 ? Math.Max(arguments[1].AsInt, 1) : 1);
            case "distinct" or "sort" when overload.Length > 0 && arguments[0].Kind == CelKind.List:
                return SelfComparison(arguments[0].AsList);
            case "@sortByAssociatedKeys" when overload.Length > 0:
                return SelfComparison(arguments[1].AsList);
        }

        return overload switch
        {
            "starts_with_string" or "ends_with_string" or "string_to_bytes" or "bytes_to_string" or "strings_quote" or "string_format" => Times(SizeOf(arguments[0])),
            "matches_string" or "matches" => Regex(SizeOf(arguments[0]), SizeOf(arguments[1])),
            "contains_string" => Times(SizeOf(arguments[0])) * Times(SizeOf(arguments[1])),
            _ => 1,
        };
    }

    /// <summary>The cost of a call before values are known, without its arguments'; null where only the operators' rules hold.</summary>
    public static CallEstimate? Estimate(ICelSizes sizes, string function, string overload, CostNode? target, IReadOnlyList<CostNode> arguments)
    {
        switch (function)
        {
            case "check":
                return new(CostRange.Fixed(AuthorizationCheck));
            case "serviceAccount" or "path" or "group" or "resource" or "subresource" or "namespace" or "name" or "allowed" or "reason" or "error" or "errored":
                return new(CostRange.One);
            case "fieldSelector" or "labelSelector" when arguments.Count == 1:
                return new(Selector(sizes.SizeOf(arguments[0])));
            case "isSorted" or "sum" or "max" or "min" or "indexOf" or "lastIndexOf" when target is not null:
                return Traverse(sizes, target);
            case "url" or "jsonpatch.escapeKey" when arguments.Count == 1:
                return Reading(sizes.SizeOf(arguments[0]), 1);
            case "lowerAscii" or "upperAscii" or "substring" or "trim" when target is not null:
                return Reading(sizes.SizeOf(target), 1);
            case "replace" when target is not null && arguments.Count >= 2:
                return Replace(sizes.SizeOf(target), sizes.SizeOf(arguments[0]), sizes.SizeOf(arguments[1]));
            case "split" when target is not null:
                var whole = sizes.SizeOf(target);
                var parts = arguments.Count > 1 && arguments[1].Literal is { IsInt: true } limit ? unchecked((ulong)limit.AsInt) : whole.Max;
                return new(whole.Times(2 * Traversal), new(0, parts));
            case "join" when target is not null:
                return Join(sizes, target, arguments);
            case "find" or "findAll" when target is not null && arguments.Count >= 1:
                var text = sizes.SizeOf(target);
                return new((text + CostRange.One).Times(Traversal) * sizes.SizeOf(arguments[0]).Times(RegexLength), new(0, text.Max));
            case "cidr" or "isIP" or "isCIDR" or "quantity" or "isQuantity" or "semver" or "isSemver" when arguments.Count >= 1:
                return new(sizes.SizeOf(arguments[0]).Times(Traversal));
            case "ip" when overload == "cidr_ip" || arguments.Count >= 1:
                return overload != "cidr_ip" ? new(sizes.SizeOf(arguments[0]).Times(Traversal)) : new(CostRange.One);
            case "ip.isCanonical" when arguments.Count >= 1:
                return new(sizes.SizeOf(arguments[0]).Times(2 * Traversal));
            case "containsIP" when target is not null && arguments.Count >= 1:
                return new(new CostRange(8, 32).Times(Traversal) + (overload == "cidr_contains_ip_string" ? sizes.SizeOf(arguments[0]).Times(Traversal) : default));
            case "containsCIDR" when target is not null && arguments.Count >= 1:
                return new(new CostRange(8, 32).Times(Traversal) + new CostRange(4, 16).Times(Traversal) + CostRange.One
                    + (overload == "cidr_contains_cidr_string" ? sizes.SizeOf(arguments[0]).Times(Traversal) : default));
            case "validate" when arguments.Count >= 1:
                return new(sizes.SizeOf(arguments[0]).Times(Traversal).Times(NamedFormatRegexMax * RegexLength));
            case "sets.contains" or "sets.intersects" when arguments.Count == 2:
                return new((sizes.SizeOf(arguments[0]) * sizes.SizeOf(arguments[1])) + CostRange.One);
            case "sets.equivalent" when arguments.Count == 2:
                return new((sizes.SizeOf(arguments[0]) * sizes.SizeOf(arguments[1])).Times(2) + CostRange.One);
            case "slice" when target is not null && arguments.Count == 2:
                return NewList(CostRange.Fixed(unchecked(Number(arguments[1], sizes.SizeOf(target).Max) - Number(arguments[0], 0))), 1);
            case "lists.range" when target is null && arguments.Count == 1:
                return NewList(CostRange.Fixed(Number(arguments[0], ulong.MaxValue)), 1);
            case "reverse" when target is not null:
                return NewList(sizes.SizeOf(target), 1);
            case "flatten" when target is not null:
                return NewList(sizes.SizeOf(target), arguments.Count == 1 ? Number(arguments[0], ulong.MaxValue) : 1);
            case "distinct" when target is not null:
                return SelfComparison(sizes.SizeOf(target), target.Type.Parameters is [{ TypeKind: Types.CelTypeKind.String or Types.CelTypeKind.Bytes }]);
            case "sort" when target is not null:
                return SelfComparison(sizes.SizeOf(target), IsOfTexts(overload));
            case "@sortByAssociatedKeys" when target is not null && arguments.Count == 1:
                return SelfComparison(sizes.SizeOf(arguments[0]), IsOfTexts(overload));
            case Operators.Equal when arguments is [{ Type: { } left }, { Type: { } right }] && left.Equals(right):
                return left.Name switch
                {
                    "net.IP" or "net.CIDR" or "kubernetes.Quantity" or "kubernetes.Semver" or "kubernetes.authorization.Authorizer"
                        or "kubernetes.authorization.PathCheck" or "kubernetes.authorization.GroupCheck" or "kubernetes.authorization.ResourceCheck"
                        or "kubernetes.authorization.Decision" => new(CostRange.One),
                    "kubernetes.NamedFormat" => new(new CostRange(1, NamedFormatMax).Times(Traversal)),
                    "kubernetes.URL" => new(new CostRange(1, arguments[1].ComputedSize?.Max ?? 1).Times(Traversal)),
                    _ => null,
                };
            default:
                return null;
        }
    }

    internal static CostRange EstimateRegex(CostRange text, CostRange pattern) => (text + CostRange.One).Times(Traversal) * pattern.Times(RegexLength);

    // A call, and a list to be made.
    private static ulong NewList(ulong size, double factor) => CostRange.Add((ulong)Math.Min(size * factor, ulong.MaxValue), 11);

    private static CallEstimate NewList(CostRange size, double factor) => new(size.Times(factor) + CostRange.Fixed(11), size);

    /// <summary>Each element compared with each, twice; texts are read besides.</summary>
    private static ulong SelfComparison(CelList list)
    {
        var count = (ulong)list.Count;
        return NewList(CostRange.Multiply(count, count), count > 0 && list[0].Kind is (CelKind.String or CelKind.Bytes) ? 2 + Traversal : 2);
    }

    private static CallEstimate SelfComparison(CostRange size, bool ofTexts) => NewList(size * size, ofTexts ? 2 + Traversal : 2);

    private static bool IsOfTexts(string overload) =>
        overload.StartsWith("list_string_", StringComparison.Ordinal) || overload.StartsWith("list_bytes_", StringComparison.Ordinal);

    private static ulong Number(CostNode node, ulong otherwise) => node.Literal is { IsInt: true } number ? (ulong)Math.Max(number.AsInt, 0) : otherwise;

    private static ulong Times(ulong size) => CostRange.Times(size, Traversal);

    private static ulong Regex(ulong text, ulong pattern) =>
        CostRange.Multiply((ulong)Math.Ceiling((1.0 + text) * Traversal), CostRange.Times(pattern, RegexLength));

    // A requirement is taken for two characters, and for 5 units of work; a selector for 100 more.
    private static CostRange Selector(CostRange length) => CostRange.Fixed(100) + length.Times(Traversal) + length.Times(0.5).Times(5);

    private static CallEstimate Reading(CostRange size, double times) => new(size.Times(times * Traversal), size);

    private static CallEstimate Traverse(ICelSizes sizes, CostNode target)
    {
        if (sizes.ElementOf(target) is not { } element)
        {
            return new(sizes.SizeOf(target).Times(Traversal));
        }

        var each = CostRange.One;
        if (element.Type.TypeKind is Types.CelTypeKind.String or Types.CelTypeKind.Bytes)
        {
            each += sizes.SizeOf(element).Times(Traversal);
        }

        return new(sizes.SizeOf(target) * each);
    }

    private static CallEstimate Replace(CostRange text, CostRange old, CostRange replacement)
    {
        var (countMax, keptMax) = old.Min == 0 ? (CostRange.Add(text.Max, 1), text.Max)
            : replacement.Max <= old.Min ? (0UL, text.Max)
            : (CostRange.Times(text.Max, 1.0 / old.Min), 0UL);
        var (countMin, keptMin) = old.Max == 0 ? (CostRange.Add(text.Min, 1), text.Min)
            : old.Max <= replacement.Min ? (0UL, text.Min)
            : (CostRange.Times(text.Min, 1.0 / old.Max), 0UL);
        return new(text.Times(2 * Traversal), (new CostRange(countMin, countMax) * replacement) + new CostRange(keptMin, keptMax));
    }

    private static CallEstimate Join(ICelSizes sizes, CostNode target, IReadOnlyList<CostNode> arguments)
    {
        var count = sizes.SizeOf(target);
        var size = sizes.ElementOf(target) is { } element ? count * sizes.SizeOf(element) : default;
        if (arguments.Count > 0)
        {
            size += sizes.SizeOf(arguments[0]) * new CostRange(count.Min > 0 ? count.Min - 1 : 0, count.Max > 0 ? count.Max - 1 : 0);
        }

        return new(size.Times(Traversal), size);
    }

    private static ulong TraversalOf(in CelValue value)
    {
        switch (value.Kind)
        {
            case CelKind.String:
                return (ulong)(System.Text.Encoding.UTF8.GetByteCount(value.AsString) * Traversal);
            case CelKind.Bytes:
                return (ulong)(value.AsBytes.Data.Length * Traversal);
            case CelKind.List:
                var list = value.AsList;
                var cost = 0UL;
                for (var i = 0; i < list.Count; i++)
                {
                    cost += TraversalOf(list[i]);
                }

                return cost;
            case CelKind.Map:
                var sum = 0UL;
                foreach (var key in value.AsMap.Keys)
                {
                    value.AsMap.TryGet(key, out var inner);
                    sum += TraversalOf(key) + TraversalOf(inner);
                }

                return sum;
            default:
                return 1;
        }
    }
}
