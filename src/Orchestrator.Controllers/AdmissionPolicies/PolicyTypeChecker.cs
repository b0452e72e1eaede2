using Orchestrator.Api;
using Orchestrator.Api.AdmissionRegistration.V1;
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
    public static ApiList<ExpressionWarning> Check(ValidatingAdmissionPolicy policy)
    {
        var kinds = Kinds(policy);
        if (kinds.Count == 0)
        {
            return [];
        }

        var environments = kinds.Select(k => (Kind: k, Environment: EnvironmentOf(policy, k))).ToArray();
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
    private static List<ResourceInfo> Kinds(ValidatingAdmissionPolicy policy)
    {
        var kinds = new List<ResourceInfo>();
        foreach (var rule in policy.Spec.MatchConstraints?.ResourceRules ?? [])
        {
            foreach (var resource in ResourceTable.All)
            {
                if (kinds.Count < KindsMax && !kinds.Contains(resource)
                    && rule.ApiGroups.Contains(resource.Group) && rule.ApiVersions.Contains(resource.Version) && rule.Resources.Contains(resource.Resource))
                {
                    kinds.Add(resource);
                }
            }
        }

        return kinds;
    }

    private static CelEnvironment EnvironmentOf(ValidatingAdmissionPolicy policy, ResourceInfo kind)
    {
        var type = ObjectTypes.Of(ApiTypes.FindKind(kind.ApiVersion, kind.Kind));
        var environment = AdmissionTypes.Declare(CelEnvironment.Kubernetes.WithTypes(new ObjectTypes()), type, authorizer: true);
        if (policy.Spec.ParamKind is { } parameters)
        {
            environment = environment.WithVariable("params", ObjectTypes.Of(ApiTypes.FindKind(parameters.ApiVersion, parameters.Kind)));
        }

        var variables = new Dictionary<string, CelType>();
        foreach (var variable in policy.Spec.Variables)
        {
            var compiled = AdmissionTypes.DeclareVariables(environment, variables).Compile(variable.Expression);
            variables[variable.Name] = compiled.Succeeded ? compiled.ResultType : CelType.Dyn;
        }

        return variables.Count == 0 ? environment : AdmissionTypes.DeclareVariables(environment, variables);
    }
}
