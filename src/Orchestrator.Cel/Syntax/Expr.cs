using Orchestrator.Cel.Types;
using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Syntax;

/// <summary>A node of a parsed expression. The checker notes types and overloads on it; afterwards nobody changes it.</summary>
internal abstract class Expr(int position)
{
    /// <summary>Where messages about it point.</summary>
    public int Position => position;

    /// <summary>Set by the checker.</summary>
    public CelType Type { get; set; } = CelType.Dyn;
}

internal sealed class LiteralExpr(int position, CelValue value) : Expr(position)
{
    public CelValue Value => value;
}

/// <summary>A variable or the name of a type. What could not be parsed is one without a name.</summary>
internal sealed class IdentExpr(int position, string name) : Expr(position)
{
    public string Name { get; set; } = name;

    /// <summary>The value of a name that is a constant, as a type; set by the checker.</summary>
    public CelValue? Constant { get; set; }
}

internal sealed class SelectExpr(int position, Expr operand, string name, bool testOnly = false) : Expr(position)
{
    public Expr Operand => operand;

    public string Name => name;

    /// <summary>Whether it only asks if the field is there (<c>has</c>).</summary>
    public bool TestOnly => testOnly;

    /// <summary>What a qualified name turned out to be, as <c>google.protobuf.Timestamp</c>; set by the checker.</summary>
    public IdentExpr? Resolved { get; set; }
}

internal sealed class CallExpr(int position, string function, Expr? target, params Expr[] arguments) : Expr(position)
{
    /// <summary>The function's name; the checker puts the namespace in front where the target was one.</summary>
    public string Function { get; set; } = function;

    public Expr? Target { get; set; } = target;

    public Expr[] Arguments => arguments;

    /// <summary>The overloads that fit; set by the checker.</summary>
    public IReadOnlyList<CelOverload> Overloads { get; set; } = [];
}

internal sealed class ListExpr(int position, IReadOnlyList<Expr> elements, IReadOnlyList<int> optionals) : Expr(position)
{
    public IReadOnlyList<Expr> Elements => elements;

    /// <summary>Which elements are optional values that are left out when absent.</summary>
    public IReadOnlyList<int> Optionals => optionals;
}

internal sealed record MapEntry(int Position, Expr Key, Expr Value, bool Optional);

internal sealed class MapExpr(int position, IReadOnlyList<MapEntry> entries) : Expr(position)
{
    public IReadOnlyList<MapEntry> Entries => entries;
}

internal sealed record FieldEntry(int Position, string Name, Expr Value, bool Optional);

internal sealed class StructExpr(int position, string typeName, IReadOnlyList<FieldEntry> fields) : Expr(position)
{
    public string TypeName => typeName;

    public IReadOnlyList<FieldEntry> Fields => fields;
}

/// <summary>What all macros over lists and maps become: a loop with an accumulator.</summary>
internal sealed class ComprehensionExpr(int position) : Expr(position)
{
    public required Expr Range { get; init; }

    public required string Variable { get; init; }

    /// <summary>The second variable (index and element, key and value); null for one.</summary>
    public string? Variable2 { get; init; }

    public required string Accumulator { get; init; }

    public required Expr Initial { get; init; }

    public required Expr Condition { get; init; }

    public required Expr Step { get; init; }

    public required Expr Result { get; init; }
}
