using Orchestrator.Cel.Syntax;
using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Evaluation;

/// <summary>Turns a checked expression into a program.</summary>
internal sealed class Planner
{
    private readonly CelEnvironment _environment;
    private readonly List<string> _scope = [];
    private string _fault = "";

    private Planner(CelEnvironment environment) => _environment = environment;

    /// <summary>Makes the program. What is constant is computed now, once: upstream charges nothing for it, and refuses what cannot be computed.</summary>
    /// <param name="expression">The expression, checked.</param>
    /// <param name="environment">What it may speak of.</param>
    /// <param name="fault">Why a constant cannot be computed; "" if all can.</param>
    public static Node Plan(Expr expression, CelEnvironment environment, out string fault)
    {
        var planner = new Planner(environment);
        var root = planner.Plan(expression);
        fault = planner._fault;
        return root;
    }

    private Node Plan(Expr node) => node switch
    {
        LiteralExpr literal => new ConstantNode(literal.Value),
        IdentExpr ident => Ident(ident),
        SelectExpr { Resolved: { } resolved } => Ident(resolved),
        SelectExpr { TestOnly: true } test => new HasNode(Base(test.Operand), test.Name),
        SelectExpr select => new SelectNode(Base(select.Operand), select.Name),
        CallExpr call => Call(call),
        ListExpr list => List(list),
        MapExpr map => Map(map),
        StructExpr structure => new StructNode(
            structure.TypeName.TrimStart('.'), [.. structure.Fields.Select(f => (f.Name, Plan(f.Value), f.Optional))], _environment.Types),
        ComprehensionExpr loop => Loop(loop),
        _ => throw new InvalidOperationException($"no plan for {node.GetType().Name}"),
    };

    private static ConstantNode Computed(Node node) => new(node.Evaluate(new Frame(CelVariables.None, ulong.MaxValue)));

    /// <summary>What a field or element is taken of: unless it is itself reached from a variable, that costs like a variable.</summary>
    private Node Base(Expr operand) => Base(Plan(operand));

    private static Node Base(Node operand) =>
        operand is VariableNode or LocalNode or SelectNode or IndexNode or OptionalSelectNode or ConditionalNode ? operand : new BaseNode(operand);

    private Node List(ListExpr list)
    {
        Node[] elements = [.. list.Elements.Select(Plan)];
        var node = new ListNode(elements, [.. list.Optionals], growing: false);
        return elements.All(static e => e is ConstantNode) ? Computed(node) : node;
    }

    private Node Map(MapExpr map)
    {
        (Node Key, Node Value, bool Optional)[] entries = [.. map.Entries.Select(e => (Plan(e.Key), Plan(e.Value), e.Optional))];
        var node = new MapNode(entries);
        return entries.All(static e => e is { Key: ConstantNode, Value: ConstantNode }) ? Computed(node) : node;
    }

    /// <summary>A call of a conversion; of a constant its result.</summary>
    private Node Converted(CallExpr call, Node[] arguments)
    {
        var node = new CallNode(call.Function, call.Overloads, arguments);
        if (arguments is not [ConstantNode])
        {
            return node;
        }

        var computed = Computed(node);
        if (computed.Value.IsError && _fault.Length == 0)
        {
            _fault = computed.Value.AsError.Message;
        }

        return computed;
    }

    private Node Found(CallExpr call, Node[] arguments)
    {
        if (arguments is [_, ConstantNode { Value: { IsString: true } pattern }, ..] && _fault.Length == 0)
        {
            Library.GoRegex.Get(pattern.AsString, out _fault);
        }

        return new CallNode(call.Function, call.Overloads, arguments);
    }

    private Node Ident(IdentExpr ident)
    {
        if (ident.Constant is { } constant)
        {
            return new ConstantNode(constant);
        }

        var local = _scope.LastIndexOf(ident.Name);
        return local >= 0 ? new LocalNode(local) : new VariableNode(ident.Name);
    }

    private Node Call(CallExpr call)
    {
        // An addition to a list that only this loop sees need not copy it.
        if (call.Function == Operators.Add
            && call.Arguments is [IdentExpr { Name: Operators.Accumulator }, ListExpr { Elements: [var item], Optionals.Count: 0 }]
            && _scope.LastIndexOf(Operators.Accumulator) is >= 0 and var accumulator)
        {
            return new AppendNode(accumulator, Plan(item));
        }

        Node[] arguments = call.Target is null ? [.. call.Arguments.Select(Plan)] : [Plan(call.Target), .. call.Arguments.Select(Plan)];
        var id = call.Overloads.Count == 1 ? call.Overloads[0].Id : "";
        return call.Function switch
        {
            Operators.And => new LogicNode(arguments[0], arguments[1], decides: false),
            Operators.Or => new LogicNode(arguments[0], arguments[1], decides: true),
            Operators.Not => new NotNode(arguments[0]),
            Operators.NotStrictlyFalse => new NotStrictlyFalseNode(arguments[0]),
            Operators.Conditional => new ConditionalNode(arguments[0], arguments[1], arguments[2]),
            Operators.Equal => new EqualNode(arguments[0], arguments[1], negated: false),
            Operators.NotEqual => new EqualNode(arguments[0], arguments[1], negated: true),
            Operators.Less or Operators.LessEqual or Operators.Greater or Operators.GreaterEqual => new CompareNode(
                call.Function,
                arguments[0],
                arguments[1],
                id.EndsWith("_string", StringComparison.Ordinal) || id.EndsWith("_bytes", StringComparison.Ordinal)),
            Operators.Add => new ArithmeticNode(call.Function, arguments[0], arguments[1], id is "add_string" or "add_bytes"),
            Operators.Subtract or Operators.Multiply or Operators.Divide or Operators.Modulo =>
                new ArithmeticNode(call.Function, arguments[0], arguments[1], joins: false),
            Operators.Negate => new NegateNode(arguments[0]),
            Operators.Index => new IndexNode(Base(arguments[0]), arguments[1], optional: false),
            Operators.OptIndex => new IndexNode(Base(arguments[0]), arguments[1], optional: true),
            Operators.OptSelect => new OptionalSelectNode(arguments[0], ((ConstantNode)arguments[1]).Value.AsString),
            // Nothing is in a list without elements, whatever is asked for.
            Operators.In when id == "in_list" && arguments[1] is ConstantNode { Value: { Kind: CelKind.List } empty } && empty.AsList.Count == 0 => new ConstantNode(CelValue.False),
            Operators.In => new InNode(arguments[0], arguments[1], id == "in_list"),
            "bool" or "bytes" or "double" or "duration" or "dyn" or "int" or "string" or "timestamp" or "type" or "uint" => Converted(call, arguments),
            "find" or "findAll" => Found(call, arguments),
            _ => new CallNode(call.Function, call.Overloads, arguments),
        };
    }

    private LoopNode Loop(ComprehensionExpr loop)
    {
        var range = Plan(loop.Range);
        var initial = loop.Initial is ListExpr { Elements.Count: 0 } && loop.Accumulator == Operators.Accumulator
            ? new ListNode([], [], growing: true)
            : Plan(loop.Initial);
        var depth = _scope.Count;
        _scope.Add(loop.Accumulator);
        _scope.Add(loop.Variable);
        if (loop.Variable2 is not null)
        {
            _scope.Add(loop.Variable2);
        }

        var condition = Plan(loop.Condition);
        var step = Plan(loop.Step);
        _scope.RemoveRange(depth + 1, _scope.Count - depth - 1);
        var result = Plan(loop.Result);
        _scope.RemoveRange(depth, _scope.Count - depth);
        return new()
        {
            Range = range,
            Accumulator = depth,
            Variable = depth + 1,
            Variable2 = loop.Variable2 is null ? -1 : depth + 2,
            Initial = initial,
            Condition = condition,
            Step = step,
            Result = result,
        };
    }
}
