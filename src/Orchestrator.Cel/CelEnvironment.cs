using System.Collections.Frozen;
using Orchestrator.Cel.Checking;
using Orchestrator.Cel.Evaluation;
using Orchestrator.Cel.Syntax;
using Orchestrator.Cel.Types;

namespace Orchestrator.Cel;

/// <summary>What expressions may speak of: variables, types and functions. Immutable; extending gives another. Used by many threads at once.</summary>
public sealed class CelEnvironment
{
    private readonly FrozenDictionary<string, CelFunction> _functions;
    private readonly FrozenDictionary<string, CelType> _namedTypes;
    private readonly FrozenDictionary<string, CelType> _variables;

    private CelEnvironment(
        FrozenDictionary<string, CelFunction> functions, FrozenDictionary<string, CelType> namedTypes, FrozenDictionary<string, CelType> variables, ICelTypeProvider types)
    {
        _functions = functions;
        _namedTypes = namedTypes;
        _variables = variables;
        Types = types;
    }

    /// <summary>The language with Kubernetes' libraries, and no variables.</summary>
    public static CelEnvironment Kubernetes { get; } = new(
        Library.KubernetesLibrary.Functions.ToFrozenDictionary(f => f.Name),
        Library.KubernetesLibrary.Types.ToFrozenDictionary(t => t.Name),
        FrozenDictionary<string, CelType>.Empty,
        NoStructs.Instance);

    internal ICelTypeProvider Types { get; }

    /// <summary>Whether <c>cel.bind(name, value, expression)</c> gives names to values.</summary>
    private bool HasBindings { get; init; }

    /// <summary>This environment with variables added.</summary>
    public CelEnvironment WithVariables(params IEnumerable<KeyValuePair<string, CelType>> variables)
    {
        var all = _variables.ToDictionary();
        foreach (var (name, type) in variables)
        {
            all[name] = type;
        }

        return new(_functions, _namedTypes, all.ToFrozenDictionary(), Types) { HasBindings = HasBindings };
    }

    /// <summary>This environment with one variable added.</summary>
    public CelEnvironment WithVariable(string name, CelType type) => WithVariables(KeyValuePair.Create(name, type));

    /// <summary>This environment with <c>cel.bind</c>.</summary>
    public CelEnvironment WithBindings() => new(_functions, _namedTypes, _variables, Types) { HasBindings = true };

    /// <summary>This environment with <c>jsonpatch.escapeKey</c>.</summary>
    public CelEnvironment WithPatchKeys() => WithFunctions(Library.StringLibrary.EscapesPatchKeys);

    /// <summary>This environment with object types; asked before those that it has already.</summary>
    public CelEnvironment WithTypes(ICelTypeProvider types) =>
        new(_functions, _namedTypes, _variables, Types is NoStructs ? types : new CombinedTypes(types, Types)) { HasBindings = HasBindings };

    /// <summary>This environment with functions added; overloads of a name that exists are added to it.</summary>
    public CelEnvironment WithFunctions(params IEnumerable<CelFunction> functions)
    {
        var all = _functions.ToDictionary();
        foreach (var function in functions)
        {
            all[function.Name] = all.TryGetValue(function.Name, out var known) ? known.With(function) : function;
        }

        return new(all.ToFrozenDictionary(), _namedTypes, _variables, Types) { HasBindings = HasBindings };
    }

    /// <summary>Parses and checks an expression and makes it ready to run.</summary>
    public CelCompilation Compile(string expression)
    {
        var source = new CelSource(expression);
        var issues = new CelIssues(source);
        var tree = Parser.Parse(source, issues, HasBindings);
        if (issues.Count > 0)
        {
            return CelCompilation.Failed(issues.ToString());
        }

        var type = new Checker(this, issues).Check(tree);
        if (issues.Count == 0)
        {
            new LiteralRules(issues).Check(tree);
        }

        if (issues.Count > 0)
        {
            return CelCompilation.Failed(issues.ToString());
        }

        var root = Planner.Plan(tree, this, out var fault);
        return fault.Length > 0 ? CelCompilation.Unplannable(fault) : new(expression, tree, type, root, "");
    }

    internal CelType? VariableType(string name) => _variables.GetValueOrDefault(name);

    /// <summary>The type that a name means as a value, as <c>int</c> or <c>google.protobuf.Timestamp</c>.</summary>
    internal CelType? NamedType(string name) => _namedTypes.TryGetValue(name, out var type) ? type : Types.HasStruct(name) ? CelType.Struct(name) : null;

    internal CelFunction? Function(string name) => _functions.GetValueOrDefault(name);

    private sealed class NoStructs : ICelTypeProvider
    {
        public static readonly NoStructs Instance = new();

        public bool HasStruct(string typeName) => false;

        public CelType? FieldType(string typeName, string fieldName) => null;
    }

    private sealed class CombinedTypes(ICelTypeProvider first, ICelTypeProvider second) : ICelTypeProvider
    {
        public bool HasStruct(string typeName) => first.HasStruct(typeName) || second.HasStruct(typeName);

        public CelType? FieldType(string typeName, string fieldName) => Of(typeName).FieldType(typeName, fieldName);

        public Values.CelValue? Construct(string typeName, IReadOnlyList<KeyValuePair<string, Values.CelValue>> fields) => Of(typeName).Construct(typeName, fields);

        private ICelTypeProvider Of(string typeName) => first.HasStruct(typeName) ? first : second;
    }
}
