using Orchestrator.Api;
using Orchestrator.Api.AdmissionRegistration.V1;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.Cel;
using Orchestrator.Cel.Library;
using Orchestrator.Cel.Types;

namespace Orchestrator.Controllers.AdmissionPolicies;

/// <summary>Checks the expressions of a policy once more with the types of what it matches, which the API server takes for anything.</summary>
internal static class PolicyTypeChecker
{
    /// <summary>A policy that matches more kinds is checked against the first of them.</summary>
    private const int KindsMax = 10;

    /// <summary>What does not fit, by expression.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="definitions">The custom resources that it may match.</param>
    public static ApiList<ExpressionWarning> Check(ValidatingAdmissionPolicy policy, IEnumerable<CustomResourceDefinition> definitions)
    {
        var custom = definitions.SelectMany(static d => d.Spec.Versions.Where(static v => v.Served).Select(v => (Definition: d, Version: v))).ToArray();
        var kinds = Kinds(policy, custom);
        if (kinds.Count == 0)
        {
            return [];
        }

        var environments = kinds.Select(k => (Kind: k, Environment: EnvironmentOf(policy, k, custom))).ToArray();
        var warnings = new List<ExpressionWarning>();
        for (var i = 0; i < policy.Spec.Validations.Count; i++)
        {
            var validation = policy.Spec.Validations[i];
            Add($"spec.validations[{i}].expression", validation.Expression);
            if (validation.MessageExpression.Length > 0)
            {
                Add($"spec.validations[{i}].messageExpression", validation.MessageExpression);
            }
        }

        return warnings.ToApiList();

        void Add(string field, string expression)
        {
            var texts = environments
                .Select(e => (e.Kind, Compiled: e.Environment.Compile(expression)))
                .Where(static c => !c.Compiled.Succeeded)
                .Select(static c => $"{c.Kind.ApiVersion}, Kind={c.Kind.Kind}: {c.Compiled.Error}\n")
                .ToArray();
            if (texts.Length > 0)
            {
                warnings.Add(new ExpressionWarning { FieldRef = field, Warning = string.Join('\n', texts) });
            }
        }
    }

    /// <summary>The kinds that the rules name without a wildcard.</summary>
    private static List<(string ApiVersion, string Kind)> Kinds(
        ValidatingAdmissionPolicy policy, (CustomResourceDefinition Definition, CustomResourceDefinitionVersion Version)[] custom)
    {
        var kinds = new List<(string ApiVersion, string Kind)>();
        foreach (var rule in policy.Spec.MatchConstraints?.ResourceRules ?? [])
        {
            foreach (var resource in ResourceTable.All)
            {
                Add(rule, resource.Group, resource.Version, resource.Resource, resource.Kind);
            }

            foreach (var (definition, version) in custom)
            {
                Add(rule, definition.Spec.Group, version.Name, definition.Spec.Names.Plural, definition.Spec.Names.Kind);
            }
        }

        return kinds;

        void Add(NamedRuleWithOperations rule, string group, string version, string resource, string kind)
        {
            var known = (group.Length == 0 ? version : group + "/" + version, kind);
            if (kinds.Count < KindsMax && rule.ApiGroups.Contains(group) && rule.ApiVersions.Contains(version) && rule.Resources.Contains(resource) && !kinds.Contains(known))
            {
                kinds.Add(known);
            }
        }
    }

    private static CelEnvironment EnvironmentOf(
        ValidatingAdmissionPolicy policy, (string ApiVersion, string Kind) kind, (CustomResourceDefinition Definition, CustomResourceDefinitionVersion Version)[] custom)
    {
        var environment = CelEnvironment.Kubernetes.WithTypes(new ObjectTypes());
        var type = TypeOf(kind.ApiVersion, kind.Kind, custom, ref environment);
        var parameters = policy.Spec.ParamKind is { } given ? TypeOf(given.ApiVersion, given.Kind, custom, ref environment) : null;
        environment = AdmissionTypes.Declare(environment, type, authorizer: true);
        if (parameters is not null)
        {
            environment = environment.WithVariable("params", parameters);
        }

        var variables = new Dictionary<string, CelType>();
        foreach (var variable in policy.Spec.Variables)
        {
            var compiled = AdmissionTypes.DeclareVariables(environment, variables).Compile(variable.Expression);
            variables[variable.Name] = compiled.Succeeded ? compiled.ResultType : CelType.Dyn;
        }

        return variables.Count == 0 ? environment : AdmissionTypes.DeclareVariables(environment, variables);
    }

    /// <summary>The type of a kind, which the environment knows afterwards.</summary>
    private static CelType TypeOf(
        string apiVersion, string kind, (CustomResourceDefinition Definition, CustomResourceDefinitionVersion Version)[] custom, ref CelEnvironment environment)
    {
        foreach (var (definition, version) in custom)
        {
            if (definition.Spec.Group + "/" + version.Name == apiVersion && definition.Spec.Names.Kind == kind)
            {
                var types = new CustomTypes(definition, version);
                environment = environment.WithTypes(types);
                return types.Kind;
            }
        }

        return ObjectTypes.Of(ApiTypes.FindKind(apiVersion, kind));
    }
}
