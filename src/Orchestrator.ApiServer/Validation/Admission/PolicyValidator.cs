using Orchestrator.Api;
using Orchestrator.Api.AdmissionRegistration.V1;
using Orchestrator.ApiServer.Admission.Policies;

namespace Orchestrator.ApiServer.Validation.Admission;

/// <summary>Admission policies of both kinds and their bindings.</summary>
internal static class PolicyValidator
{
    public static void Validate(ValidatingAdmissionPolicy policy, FieldErrorList errors)
    {
        var (spec, path) = (policy.Spec, FieldPath.Spec);
        Frame(spec.FailurePolicy, spec.ParamKind, spec.MatchConstraints, path, errors);
        ExpressionValidator.Conditions(spec.MatchConditions, new PolicyCompiler(spec.ParamKind is not null), path.Child("matchConditions"), errors);
        var compiler = new PolicyCompiler(spec.ParamKind is not null);
        ExpressionValidator.Variables(spec.Variables, compiler, path.Child("variables"), errors);
        if (spec.Validations.Count == 0 && spec.AuditAnnotations.Count == 0)
        {
            errors.Missing(path, "validations", "validations or auditAnnotations must contain at least one item");
            errors.Missing(path, "auditAnnotations", "validations or auditAnnotations must contain at least one item");
            return;
        }

        ExpressionValidator.Validations(spec.Validations, compiler, path.Child("validations"), errors);
        ExpressionValidator.AuditAnnotations(spec.AuditAnnotations, policy.Metadata.Name, compiler, path.Child("auditAnnotations"), errors);
    }

    public static void Validate(MutatingAdmissionPolicy policy, FieldErrorList errors)
    {
        var (spec, path) = (policy.Spec, FieldPath.Spec);
        Frame(spec.FailurePolicy, spec.ParamKind, spec.MatchConstraints, path, errors);
        if (spec.MatchConstraints is { } match)
        {
            MutableOperations(match, path.Child("matchConstraints"), errors);
        }

        ExpressionValidator.Conditions(spec.MatchConditions, new PolicyCompiler(spec.ParamKind is not null), path.Child("matchConditions"), errors);
        var compiler = new PolicyCompiler(spec.ParamKind is not null, mutates: true);
        ExpressionValidator.Variables(spec.Variables, compiler, path.Child("variables"), errors);
        if (spec.Mutations.Count == 0)
        {
            errors.Missing(path, "mutations", "mutations must contain at least one item");
        }

        ExpressionValidator.Mutations(spec.Mutations, compiler, path.Child("mutations"), errors);
        errors.RequiredOneOf(path, "reinvocationPolicy", spec.ReinvocationPolicy, "IfNeeded", "Never");
    }

    public static void Validate(ValidatingAdmissionPolicyBinding binding, FieldErrorList errors)
    {
        var (spec, path) = (binding.Spec, FieldPath.Spec);
        Binding(spec.PolicyName, spec.ParamRef, path, errors);
        if (spec.MatchResources is { } match)
        {
            // The name of the field is written so in upstream's messages about this kind.
            RuleValidator.Match(match, path.Child("matchResouces"), errors);
        }

        Actions(spec.ValidationActions, path.Child("validationActions"), errors);
    }

    public static void Validate(MutatingAdmissionPolicyBinding binding, FieldErrorList errors)
    {
        var (spec, path) = (binding.Spec, FieldPath.Spec);
        Binding(spec.PolicyName, spec.ParamRef, path, errors);
        if (spec.MatchResources is { } match)
        {
            RuleValidator.Match(match, path.Child("matchResources"), errors);
            MutableOperations(match, path.Child("matchResources"), errors);
        }
    }

    /// <summary>What the type checker has found, and conditions.</summary>
    public static void Status(ValidatingAdmissionPolicyStatus status, FieldErrorList errors)
    {
        var path = FieldPath.Status;
        if (status.TypeChecking is { } checking)
        {
            for (var i = 0; i < checking.ExpressionWarnings.Count; i++)
            {
                var at = path.Child("typeChecking", "expressionWarnings").Index(i);
                if (checking.ExpressionWarnings[i].Warning.Length == 0)
                {
                    errors.Missing(at, "warning");
                }

                if (string.IsNullOrWhiteSpace(checking.ExpressionWarnings[i].FieldRef))
                {
                    errors.Missing(at, "fieldRef");
                }
            }
        }

        ConditionValidator.Validate(status.Conditions, path.Child("conditions"), errors);
    }

    private static void Frame(string? failurePolicy, ParamKind? paramKind, MatchResources? match, FieldPath path, FieldErrorList errors)
    {
        if (failurePolicy is null)
        {
            errors.Missing(path, "failurePolicy");
        }
        else
        {
            errors.OneOf(path, "failurePolicy", failurePolicy, "Fail", "Ignore");
        }

        if (paramKind is not null)
        {
            Parameters(paramKind, path.Child("paramKind"), errors);
        }

        if (match is null)
        {
            errors.Missing(path, "matchConstraints");
            return;
        }

        RuleValidator.Match(match, path.Child("matchConstraints"), errors);
        if (match.ResourceRules.Count == 0)
        {
            errors.Missing(path.Child("matchConstraints"), "resourceRules");
        }
    }

    private static void Parameters(ParamKind kind, FieldPath path, FieldErrorList errors)
    {
        if (kind.ApiVersion.Length == 0)
        {
            errors.Missing(path, "apiVersion");
        }
        else
        {
            ApiVersion(kind.ApiVersion, path.Child("apiVersion"), errors);
        }

        if (kind.Kind.Length == 0)
        {
            errors.Missing(path, "kind");
        }
        else if (Formats.Dns1035Label(kind.Kind.ToLowerInvariant()) is { Count: > 0 } faults)
        {
            errors.Invalid(path, "kind", kind.Kind, "may have mixed case, but should otherwise match: " + string.Join(",", faults));
        }
    }

    private static void ApiVersion(string apiVersion, FieldPath path, FieldErrorList errors)
    {
        var parts = apiVersion == "/" ? ["", ""] : apiVersion.Split('/');
        if (parts.Length > 2)
        {
            errors.Invalid(path, apiVersion, "unexpected GroupVersion string: " + apiVersion);
            return;
        }

        var (group, version) = parts.Length == 1 ? ("", parts[0]) : (parts[0], parts[1]);
        if (group.Length > 0 && Formats.DnsSubdomain(group) is { Count: > 0 } groupFaults)
        {
            errors.Invalid(path, group, string.Join(",", groupFaults));
        }

        if (version.Length == 0)
        {
            errors.Invalid(path, apiVersion, "version must be specified");
        }
        else if (Formats.Dns1035Label(version) is { Count: > 0 } versionFaults)
        {
            errors.Invalid(path, version, string.Join(",", versionFaults));
        }
    }

    /// <summary>What is deleted cannot be changed.</summary>
    private static void MutableOperations(MatchResources match, FieldPath path, FieldErrorList errors)
    {
        foreach (var rule in match.ResourceRules)
        {
            foreach (var operation in rule.Operations)
            {
                errors.OneOf(path.Child("resourceRules"), "operations", operation, "*", "CONNECT", "CREATE", "UPDATE");
            }
        }
    }

    private static void Binding(string policyName, ParamRef? parameters, FieldPath path, FieldErrorList errors)
    {
        if (policyName.Length == 0)
        {
            errors.Missing(path, "policyName");
        }
        else
        {
            errors.InvalidEach(path, "policyName", policyName, Formats.DnsSubdomain(policyName));
        }

        if (parameters is not null)
        {
            Parameters(parameters, path.Child("paramRef"), errors);
        }
    }

    private static void Parameters(ParamRef parameters, FieldPath path, FieldErrorList errors)
    {
        if (parameters.Name.Length > 0)
        {
            errors.InvalidEach(path, "name", parameters.Name, Formats.PathSegment(parameters.Name));
            if (parameters.Selector is not null)
            {
                errors.Forbidden(path, "name", "name and selector are mutually exclusive");
            }
        }

        if (parameters.Selector is not null)
        {
            SelectorValidator.Validate(parameters.Selector, path.Child("selector"), errors);
            if (parameters.Name.Length > 0)
            {
                errors.Forbidden(path, "selector", "name and selector are mutually exclusive");
            }
        }

        if (parameters.Name.Length == 0 && parameters.Selector is null)
        {
            errors.Required(path, "one of name or selector must be specified");
        }

        errors.RequiredOneOf(path, "parameterNotFoundAction", parameters.ParameterNotFoundAction ?? "", "Deny", "Allow");
    }

    private static void Actions(ApiList<string> actions, FieldPath path, FieldErrorList errors)
    {
        var seen = new HashSet<string>();
        for (var i = 0; i < actions.Count; i++)
        {
            if (actions[i] is not ("Audit" or "Deny" or "Warn"))
            {
                errors.NotSupportedInOrder(path.Index(i), actions[i], "Audit", "Deny", "Warn");
            }

            if (!seen.Add(actions[i]))
            {
                errors.Duplicate(path.Index(i), actions[i]);
            }
        }

        if (seen.Contains("Deny") && seen.Contains("Warn"))
        {
            errors.Invalid(path, actions, "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)");
        }

        if (seen.Count == 0)
        {
            errors.Required(path, "at least one validation action is required");
        }
    }
}
