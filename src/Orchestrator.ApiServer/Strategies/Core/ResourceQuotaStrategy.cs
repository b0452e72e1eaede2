using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Core;

internal sealed class ResourceQuotaStrategy : ObjectStrategy<ResourceQuota>
{
    private static readonly string[] PodLifetime = ["Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "CrossNamespacePodAffinity"];

    protected override void Check(ResourceQuota obj, FieldErrorList errors)
    {
        Amounts(obj.Spec.Hard, FieldPath.Spec.Child("hard"), errors);
        Scopes(obj.Spec, errors);
        Amounts(obj.Status.Hard, FieldPath.Status.Child("hard"), errors);
        Amounts(obj.Status.Used, FieldPath.Status.Child("used"), errors);
    }

    protected override void CheckUpdate(ResourceQuota obj, ResourceQuota old, FieldErrorList errors)
    {
        Amounts(obj.Spec.Hard, FieldPath.Spec.Child("hard"), errors);
        Scopes(obj.Spec, errors);
        if (!new HashSet<string>(obj.Spec.Scopes).SetEquals(old.Spec.Scopes))
        {
            errors.Invalid(FieldPath.Spec, "scopes", obj.Spec.Scopes, "field is immutable");
        }
    }

    public static void Amounts(ApiMap<Quantity> list, FieldPath path, FieldErrorList errors)
    {
        foreach (var (name, quantity) in list)
        {
            var at = path.Key(name);
            var faults = Formats.QualifiedName(name);
            errors.InvalidEach(at, name, faults);
            if (!name.Contains('/', StringComparison.Ordinal))
            {
                if (faults.Count == 0 && !ResourceValidator.IsStandard(name))
                {
                    errors.Invalid(at, name, "must be a standard resource type or fully qualified");
                }

                if (!IsQuotaName(name))
                {
                    errors.Invalid(at, name, "must be a standard resource for quota");
                }
            }

            ResourceValidator.Amount(name, quantity, at, errors);
        }
    }

    private static bool IsQuotaName(string name) => ResourceValidator.IsStandard(name) && name != "storage";

    private static void Scopes(ResourceQuotaSpec spec, FieldErrorList errors)
    {
        if (spec.Scopes.Count > 0)
        {
            var path = FieldPath.Spec.Child("scopes");
            var set = new HashSet<string>();
            foreach (var scope in spec.Scopes)
            {
                if (!IsScope(scope))
                {
                    errors.Invalid(path, spec.Scopes, "unsupported scope");
                }

                Fits(scope, spec, path, spec.Scopes, errors);
                set.Add(scope);
            }

            Conflicts(set, spec, path, errors);
        }

        if (spec.ScopeSelector is not { } selector)
        {
            return;
        }

        var list = FieldPath.Spec.Child("scopeSelector").Child("matchExpressions");
        var selected = new HashSet<string>();
        for (var i = 0; i < selector.MatchExpressions.Count; i++)
        {
            var expression = selector.MatchExpressions[i];
            if (!IsScope(expression.ScopeName))
            {
                errors.Invalid(list, "scopeName", expression.ScopeName, "unsupported scope");
            }

            Fits(expression.ScopeName, spec, list, new InternalValue(selector), errors);
            selected.Add(expression.ScopeName);
            if (PodLifetime.Contains(expression.ScopeName) && expression.Operator != "Exists")
            {
                errors.Invalid(list, "operator", expression.Operator, "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, "
                    + "ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity");
            }

            switch (expression.Operator)
            {
                case "In" or "NotIn":
                    if (expression.Values.Count == 0)
                    {
                        errors.Missing(list, "values", "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector");
                    }

                    break;
                case "Exists" or "DoesNotExist":
                    if (expression.Values.Count > 0)
                    {
                        errors.Invalid(list, "values", expression.Values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector");
                    }

                    break;
                default:
                    errors.Invalid(list, "operator", expression.Operator, "not a valid selector operator");
                    break;
            }
        }

        Conflicts(selected, spec, list, errors);
    }

    private static void Conflicts(HashSet<string> scopes, ResourceQuotaSpec spec, FieldPath path, FieldErrorList errors)
    {
        foreach (var (a, b) in new[] { ("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating") })
        {
            if (scopes.Contains(a) && scopes.Contains(b))
            {
                errors.Invalid(path, spec.Scopes, "conflicting scopes");
            }
        }
    }

    /// <summary>One fault for each of Kubernetes' own resources that a scope says nothing of.</summary>
    private static void Fits(string scope, ResourceQuotaSpec spec, FieldPath path, object told, FieldErrorList errors)
    {
        foreach (var name in spec.Hard.Keys.Order(StringComparer.Ordinal))
        {
            if (IsQuotaName(name) && !ResourceFits(scope, name))
            {
                errors.Invalid(path, told, "unsupported scope applied to resource");
            }
        }
    }

    private static bool ResourceFits(string scope, string name) => scope switch
    {
        "BestEffort" => name == "pods",
        "Terminating" or "NotTerminating" or "NotBestEffort" or "PriorityClass" or "CrossNamespacePodAffinity" =>
            name is "pods" or "cpu" or "memory" or "requests.cpu" or "requests.memory" or "limits.cpu" or "limits.memory",
        "VolumeAttributesClass" => name is "persistentvolumeclaims" or "requests.storage",
        _ => true,
    };

    private static bool IsScope(string scope) =>
        scope is "Terminating" or "NotTerminating" or "BestEffort" or "NotBestEffort" or "PriorityClass" or "CrossNamespacePodAffinity" or "VolumeAttributesClass"
        || scope.Contains('/', StringComparison.Ordinal);
}
