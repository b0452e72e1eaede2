using Orchestrator.Cel.Syntax;
using Orchestrator.Cel.Types;

namespace Orchestrator.Cel.Checking;

/// <summary>Finds the types and overloads of an expression, and what does not fit.</summary>
internal sealed class Checker(CelEnvironment environment, CelIssues issues)
{
    private readonly TypeMapping _types = new();
    private readonly List<(string Name, CelType Type)> _scope = [];
    private readonly List<Expr> _checked = [];

    /// <summary>Checks an expression and notes types and overloads on it.</summary>
    public CelType Check(Expr expression)
    {
        Visit(expression);
        foreach (var node in _checked)
        {
            node.Type = _types.Substitute(node.Type, toDyn: true);
        }

        return expression.Type;
    }

    private void Visit(Expr node)
    {
        _checked.Add(node);
        node.Type = node switch
        {
            LiteralExpr literal => literal.Value.Type,
            IdentExpr ident => Ident(ident),
            SelectExpr select => Select(select),
            CallExpr call => Call(call),
            ListExpr list => List(list),
            MapExpr map => Map(map),
            StructExpr structure => Struct(structure),
            ComprehensionExpr loop => Loop(loop),
            _ => throw new InvalidOperationException($"no rule for {node.GetType().Name}"),
        };
    }

    private CelType Ident(IdentExpr ident)
    {
        var name = ident.Name;
        if (Lookup(ident) is { } type)
        {
            return type;
        }

        issues.Add(ident.Position, Undeclared(name));
        return CelType.Error;
    }

    private static string Undeclared(string name) => $"undeclared reference to '{name}' (in container '')";

    private CelType? Lookup(IdentExpr ident)
    {
        for (var i = _scope.Count - 1; i >= 0; i--)
        {
            if (_scope[i].Name == ident.Name)
            {
                return _scope[i].Type;
            }
        }

        // A leading dot means: not the loop's variable of that name.
        ident.Name = ident.Name.TrimStart('.');
        if (environment.VariableType(ident.Name) is { } type)
        {
            return type;
        }

        if (environment.NamedType(ident.Name) is { } named)
        {
            ident.Constant = named;
            return CelType.TypeOf(named);
        }

        return null;
    }

    private static string? QualifiedName(Expr node) => node switch
    {
        IdentExpr ident => ident.Name,
        SelectExpr { TestOnly: false } select => QualifiedName(select.Operand) is { } prefix ? $"{prefix}.{select.Name}" : null,
        _ => null,
    };

    private CelType Select(SelectExpr select)
    {
        if (QualifiedName(select) is { } name)
        {
            var ident = new IdentExpr(select.Position, name);
            if (Lookup(ident) is { } type)
            {
                ident.Type = type;
                select.Resolved = ident;
                return type;
            }
        }

        var result = Field(select, select.Operand, select.Name, optional: false);
        return select.TestOnly ? CelType.Bool : _types.Substitute(result);
    }

    private CelType Field(Expr node, Expr operand, string name, bool optional)
    {
        Visit(operand);
        var target = _types.Substitute(operand.Type);
        if (target.IsOptional)
        {
            optional = true;
            target = target.Parameters[0];
        }

        CelType result;
        switch (target.TypeKind)
        {
            case CelTypeKind.Map:
                result = target.Parameters[1];
                break;
            case CelTypeKind.Struct:
                result = FieldType(node.Position, target.Name, name);
                break;
            case CelTypeKind.TypeParam:
                _types.IsAssignable(CelType.Dyn, target);
                result = CelType.Dyn;
                break;
            default:
                if (!target.IsDynOrError)
                {
                    issues.Add(node.Position, $"type '{target.Display()}' does not support field selection");
                }

                result = CelType.Dyn;
                break;
        }

        return optional ? CelType.Optional(result) : result;
    }

    private CelType FieldType(int position, string typeName, string field)
    {
        if (!environment.Types.HasStruct(typeName))
        {
            issues.Add(position, $"unexpected failed resolution of '{typeName}'");
            return CelType.Error;
        }

        if (environment.Types.FieldType(typeName, field) is { } type)
        {
            return type;
        }

        issues.Add(position, $"undefined field '{field}'");
        return CelType.Error;
    }

    private CelType Call(CallExpr call)
    {
        if (call.Function == Operators.OptSelect)
        {
            var field = ((LiteralExpr)call.Arguments[1]).Value.AsString;
            Visit(call.Arguments[1]);
            return _types.Substitute(Field(call, call.Arguments[0], field, optional: true));
        }

        foreach (var argument in call.Arguments)
        {
            Visit(argument);
        }

        if (call.Target is null)
        {
            if (environment.Function(call.Function.TrimStart('.')) is not { } function)
            {
                issues.Add(call.Position, Undeclared(call.Function));
                return CelType.Error;
            }

            return Resolve(call, function);
        }

        // The target may be a namespace: ip.isCanonical(x).
        if (QualifiedName(call.Target) is { } prefix && environment.Function($"{prefix}.{call.Function}") is { } qualified)
        {
            call.Target = null;
            call.Function = qualified.Name;
            return Resolve(call, qualified);
        }

        Visit(call.Target);
        if (environment.Function(call.Function) is not { } member)
        {
            issues.Add(call.Position, Undeclared(call.Function));
            return CelType.Error;
        }

        return Resolve(call, member);
    }

    private CelType Resolve(CallExpr call, CelFunction function)
    {
        if (function.Name is Operators.And or Operators.Or)
        {
            return Logical(call, function);
        }

        CelType[] arguments = call.Target is null ? [.. call.Arguments.Select(a => a.Type)] : [call.Target.Type, .. call.Arguments.Select(a => a.Type)];
        var overloads = new List<CelOverload>();
        CelType? result = null;
        foreach (var overload in function.Overloads)
        {
            if (overload.IsMember != call.Target is not null || overload.Arguments.Length != arguments.Length)
            {
                continue;
            }

            var fresh = new Dictionary<string, CelType>();
            var declared = overload.Arguments.Select(a => _types.Instantiate(a, fresh)).ToArray();
            var returned = _types.Instantiate(overload.Result, fresh);
            if (!_types.AreAssignable(arguments, declared))
            {
                continue;
            }

            overloads.Add(overload);
            var type = _types.Substitute(returned);
            result = result is null ? type : result.IsDyn || type.Equals(result) ? result : CelType.Dyn;
        }

        call.Overloads = overloads;
        if (result is not null)
        {
            return result;
        }

        var shown = arguments.Select(a => _types.Substitute(a, toDyn: true).Display()).ToArray();
        var applied = call.Target is null ? $"({string.Join(", ", shown)})" : $"{shown[0]}.({string.Join(", ", shown[1..])})";
        issues.Add(call.Position, $"found no matching overload for '{function.Name}' applied to '{applied}'");
        return CelType.Error;
    }

    private CelType Logical(CallExpr call, CelFunction function)
    {
        call.Overloads = function.Overloads;
        var result = CelType.Bool;
        foreach (var argument in call.Arguments)
        {
            if (!_types.IsAssignable(argument.Type, CelType.Bool))
            {
                Mismatch(argument.Position, CelType.Bool, argument.Type);
                result = CelType.Error;
            }
        }

        return result;
    }

    private void Mismatch(int position, CelType expected, CelType found) =>
        issues.Add(position, $"expected type '{_types.Substitute(expected).Display()}' but found '{_types.Substitute(found).Display()}'");

    private CelType List(ListExpr list)
    {
        CelType? elements = null;
        for (var i = 0; i < list.Elements.Count; i++)
        {
            var element = list.Elements[i];
            Visit(element);
            var type = list.Optionals.Contains(i) ? Unwrap(element.Position, element.Type) : element.Type;
            elements = Join(elements, type);
        }

        return CelType.List(elements ?? _types.NewVariable());
    }

    private CelType Unwrap(int position, CelType type)
    {
        type = _types.Substitute(type);
        if (type.IsOptional)
        {
            return type.Parameters[0];
        }

        if (!type.IsDyn)
        {
            Mismatch(position, CelType.Optional(type), type);
        }

        return type;
    }

    private CelType Join(CelType? previous, CelType current)
    {
        if (previous is null)
        {
            return current;
        }

        // Elements that do not agree are told of when all types are known (LiteralRules).
        return _types.IsAssignable(previous, current) ? TypeMapping.MostGeneral(previous, current) : CelType.Dyn;
    }

    private CelType Map(MapExpr map)
    {
        CelType? keys = null;
        CelType? values = null;
        foreach (var entry in map.Entries)
        {
            Visit(entry.Key);
            keys = Join(keys, entry.Key.Type);
            Visit(entry.Value);
            var type = entry.Optional ? Unwrap(entry.Value.Position, entry.Value.Type) : entry.Value.Type;
            values = Join(values, type);
        }

        return CelType.Map(keys ?? _types.NewVariable(), values ?? _types.NewVariable());
    }

    private CelType Struct(StructExpr structure)
    {
        var name = structure.TypeName.TrimStart('.');
        var result = CelType.Error;
        if (environment.Types.HasStruct(name))
        {
            result = CelType.Struct(name);
        }
        else if (environment.NamedType(name) is not null || environment.VariableType(name) is not null)
        {
            issues.Add(structure.Position, environment.VariableType(name) is null ? $"'{name}' is not a message type" : $"'{name}' is not a type");
        }
        else
        {
            // Of an unknown type no field can be judged.
            issues.Add(structure.Position, Undeclared(structure.TypeName));
            return CelType.Error;
        }

        foreach (var field in structure.Fields)
        {
            Visit(field.Value);
            var declared = result.TypeKind == CelTypeKind.Error ? CelType.Error : FieldType(field.Position, name, field.Name);
            var given = field.Optional ? Unwrap(field.Value.Position, field.Value.Type) : field.Value.Type;
            if (!_types.IsAssignable(declared, given))
            {
                issues.Add(
                    field.Position,
                    $"expected type of field '{field.Name}' is '{declared.Display()}' but provided type is '{_types.Substitute(given).Display()}'");
            }
        }

        return result;
    }

    private CelType Loop(ComprehensionExpr loop)
    {
        Visit(loop.Range);
        Visit(loop.Initial);
        var range = _types.Substitute(loop.Range.Type);
        var (first, second) = (CelType.Dyn, CelType.Dyn);
        switch (range.TypeKind)
        {
            case CelTypeKind.List:
                (first, second) = loop.Variable2 is null ? (range.Parameters[0], CelType.Dyn) : (CelType.Int, range.Parameters[0]);
                break;
            case CelTypeKind.Map:
                (first, second) = (range.Parameters[0], range.Parameters[1]);
                break;
            case CelTypeKind.Dyn or CelTypeKind.Error or CelTypeKind.TypeParam when !range.Equals(CelType.Any):
                _types.IsAssignable(CelType.Dyn, range);
                break;
            default:
                issues.Add(
                    loop.Range.Position,
                    $"expression of type '{range.Display()}' cannot be range of a comprehension (must be list, map, or dynamic)");
                (first, second) = (CelType.Error, CelType.Error);
                break;
        }

        var depth = _scope.Count;
        _scope.Add((loop.Accumulator, loop.Initial.Type));
        _scope.Add((loop.Variable, first));
        if (loop.Variable2 is not null)
        {
            _scope.Add((loop.Variable2, second));
        }

        Visit(loop.Condition);
        Assert(loop.Condition, CelType.Bool);
        Visit(loop.Step);
        Assert(loop.Step, loop.Initial.Type);
        _scope.RemoveRange(depth + 1, _scope.Count - depth - 1);
        Visit(loop.Result);
        _scope.RemoveRange(depth, _scope.Count - depth);
        return _types.Substitute(loop.Result.Type);
    }

    private void Assert(Expr node, CelType expected)
    {
        if (!_types.IsAssignable(expected, node.Type))
        {
            Mismatch(node.Position, expected, node.Type);
        }
    }
}
