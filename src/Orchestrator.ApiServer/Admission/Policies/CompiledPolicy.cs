using Orchestrator.Api;
using Orchestrator.Api.AdmissionRegistration.V1;

namespace Orchestrator.ApiServer.Admission.Policies;

/// <summary>A policy of either kind, compiled. Immutable.</summary>
internal sealed class CompiledPolicy
{
    private CompiledPolicy(
        string name, ParamKind? parameters, MatchResources? match, string? failurePolicy, ApiList<Variable> variables, ApiList<MatchCondition> conditions, PolicyCompiler compiler)
    {
        (Name, ParamKind, FailsOpen) = (name, parameters, failurePolicy == "Ignore");
        Match = new MatchRules(match ?? new MatchResources());
        var compiled = new Dictionary<string, PolicyExpression>();
        foreach (var variable in variables)
        {
            compiled[variable.Name] = compiler.Variable(variable);
        }

        Variables = compiled;
        Conditions = conditions.Count == 0 ? null : new PolicyConditions([.. conditions.Select(c => compiler.Condition(c.Expression))]);
    }

    public string Name { get; }

    public ParamKind? ParamKind { get; }

    /// <summary>What cannot be evaluated lets the request pass.</summary>
    public bool FailsOpen { get; }

    public MatchRules Match { get; }

    public IReadOnlyDictionary<string, PolicyExpression> Variables { get; }

    /// <summary>Null if there are none.</summary>
    public PolicyConditions? Conditions { get; }

    public IReadOnlyList<CompiledValidation> Validations { get; private init; } = [];

    /// <summary>Keys and values of audit annotations.</summary>
    public IReadOnlyList<KeyValuePair<string, PolicyExpression>> AuditAnnotations { get; private init; } = [];

    public IReadOnlyList<CompiledMutation> Mutations { get; private init; } = [];

    /// <summary>Mutations run again when others change the object after them.</summary>
    public bool Repeats { get; private init; }

    public static CompiledPolicy From(ValidatingAdmissionPolicy policy)
    {
        var spec = policy.Spec;
        var compiler = new PolicyCompiler(spec.ParamKind is not null);
        return new(policy.Metadata.Name, spec.ParamKind, spec.MatchConstraints, spec.FailurePolicy, spec.Variables, spec.MatchConditions, compiler)
        {
            Validations =
            [
                .. spec.Validations.Select(v => new CompiledValidation(
                    v, compiler.Condition(v.Expression), v.MessageExpression.Length > 0 ? compiler.Message(v.MessageExpression) : null)),
            ],
            AuditAnnotations = [.. spec.AuditAnnotations.Select(a => KeyValuePair.Create(a.Key, compiler.Annotation(a.ValueExpression)))],
        };
    }

    public static CompiledPolicy From(MutatingAdmissionPolicy policy)
    {
        var spec = policy.Spec;
        var compiler = new PolicyCompiler(spec.ParamKind is not null, mutates: true);
        return new(policy.Metadata.Name, spec.ParamKind, spec.MatchConstraints, spec.FailurePolicy, spec.Variables, spec.MatchConditions, compiler)
        {
            Repeats = spec.ReinvocationPolicy == "IfNeeded",
            Mutations =
            [
                .. spec.Mutations.Select(m => m.PatchType == "JSONPatch"
                    ? new CompiledMutation(compiler.Operations(m.JsonPatch?.Expression ?? ""), IsJsonPatch: true)
                    : new CompiledMutation(compiler.Configuration(m.ApplyConfiguration?.Expression ?? ""), IsJsonPatch: false)),
            ],
        };
    }
}
