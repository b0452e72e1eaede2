using System.Text.Json;
using Orchestrator.Api;

namespace Orchestrator.ApiServer.Admission.Policies;

/// <summary>Lets validating admission policies judge objects.</summary>
internal sealed class ValidatingPolicyAdmission(PolicyIndex index, PolicyScope scope) : IValidatingAdmission
{
    /// <summary>What the validations of one policy may cost together for one request.</summary>
    private const long Budget = 10_000_000;

    private const int MessageBytesMax = 5 * 1024;
    private const int AnnotationLengthMax = 10 * 1024;

    public string Name => "ValidatingAdmissionPolicy";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) => !PolicyScope.IsExempt(resource);

    public ValueTask ValidateAsync(AdmissionAttributes attributes, CancellationToken cancellationToken) =>
        index.Validating is { Length: > 0 } policies ? JudgeAsync(policies, attributes, cancellationToken) : default;

    private async ValueTask JudgeAsync(BoundPolicy[] policies, AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        // All policies are asked, for their warnings and annotations; the first refusal is the answer.
        (string Message, string Reason)? denial = null;
        foreach (var bound in policies)
        {
            var policy = bound.Policy.Value;
            if (!scope.Matches(policy.Match, attributes, out var matched))
            {
                continue;
            }

            if (policy.ParamKind is { } kind && !scope.Parameters.IsKnown(kind))
            {
                if (!policy.FailsOpen)
                {
                    denial ??= ($"ValidatingAdmissionPolicy '{policy.Name}' denied request: failed to configure policy: failed to find resource referenced by paramKind: "
                        + $"'{kind.ApiVersion}, Kind={kind.Kind}'", "Invalid");
                }

                continue;
            }

            var annotations = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
            foreach (var binding in bound.Bindings)
            {
                if (binding.Match is not null && !scope.Matches(binding.Match, attributes, out _))
                {
                    continue;
                }

                var verdict = await JudgeAsync(policy, binding, matched, attributes, annotations, cancellationToken);
                denial ??= verdict;
            }

            foreach (var (key, values) in annotations)
            {
                attributes.AuditAnnotations[$"{policy.Name}/{key}"] = string.Join(", ", values);
            }
        }

        if (denial is { } refused)
        {
            throw PolicyDenial.Validating(attributes, refused.Message, refused.Reason);
        }
    }

    private async ValueTask<(string Message, string Reason)?> JudgeAsync(
        CompiledPolicy policy,
        PolicyBinding binding,
        ResourceInfo matched,
        AdmissionAttributes attributes,
        SortedDictionary<string, List<string>> annotations,
        CancellationToken cancellationToken)
    {
        var (parameters, fault) = await scope.Parameters.FindAsync(policy.ParamKind, binding.Parameters, attributes.Is("", "namespaces") ? "" : attributes.Namespace, cancellationToken);
        if (fault.Length > 0)
        {
            return policy.FailsOpen ? null : (Worded(policy, binding, $"failed to configure binding: {fault}"), "Invalid");
        }

        (string Message, string Reason)? denial = null;
        if (parameters.Count == 0)
        {
            return null;
        }

        var ns = scope.NamespaceOf(attributes);
        var (obj, old) = await scope.Versions.ConvertAsync(attributes, matched, cancellationToken);
        var authorizer = new PolicyAuthorizer(scope.Authorizers, attributes.User);
        foreach (var parameter in parameters)
        {
            var activation = new PolicyActivation(attributes, matched, obj, old, ns, parameter, authorizer, policy.Variables);
            var failures = Failures(policy, activation, annotations, out var annotationFault);
            for (var i = 0; i < failures.Count; i++)
            {
                var failure = failures[i];
                foreach (var action in binding.Actions)
                {
                    switch (action)
                    {
                        case "Deny":
                            denial ??= (Worded(policy, binding, failure.Message), failure.Reason);
                            break;
                        case "Warn":
                            attributes.Warnings.Add($"Validation failed for ValidatingAdmissionPolicy '{policy.Name}' with binding '{binding.Name}': {failure.Message}");
                            break;
                        case "Audit":
                            Audit(policy, binding, failure, attributes);
                            break;
                    }
                }
            }

            if (annotationFault.Length > 0)
            {
                denial ??= (Worded(policy, binding, annotationFault), "Invalid");
            }
        }

        return denial;
    }

    private static string Worded(CompiledPolicy policy, PolicyBinding binding, string message) =>
        $"ValidatingAdmissionPolicy '{policy.Name}' with binding '{binding.Name}' denied request: {message}";

    /// <summary>What an object breaks, by the validations' order; audit annotations on the way.</summary>
    private static List<Failure> Failures(
        CompiledPolicy policy, PolicyActivation activation, SortedDictionary<string, List<string>> annotations, out string annotationFault)
    {
        annotationFault = "";
        var failures = new List<Failure>();
        if (policy.Conditions is { } conditions && !conditions.Hold(activation, out var conditionError))
        {
            if (conditionError.Length > 0 && !policy.FailsOpen)
            {
                failures.Add(new(0, conditionError, "Invalid"));
            }

            return failures;
        }

        var budget = Budget;
        for (var i = 0; i < policy.Validations.Count; i++)
        {
            var validation = policy.Validations[i];
            var result = activation.Evaluate(validation.Condition, ref budget);
            if (result.OutOfBudget)
            {
                failures.Clear();
                if (!policy.FailsOpen)
                {
                    failures.Add(new(0, result.Error, "Invalid"));
                }

                return failures;
            }

            if (result.Error.Length > 0)
            {
                if (!policy.FailsOpen)
                {
                    failures.Add(new(i, result.Error, "Invalid"));
                }
            }
            else if (!result.Value.IsTrue)
            {
                failures.Add(new(i, MessageOf(validation, activation, ref budget), validation.Source.Reason is { Length: > 0 } reason ? reason : "Invalid"));
            }
        }

        annotationFault = Annotate(policy, activation, annotations);
        return failures;
    }

    private static string MessageOf(CompiledValidation validation, PolicyActivation activation, ref long budget)
    {
        if (validation.Message is { } expression && activation.Evaluate(expression, ref budget) is { Error.Length: 0, Value: { IsString: true } value })
        {
            var message = value.AsString.Trim();
            if (message.Length > 0 && !message.Contains('\n', StringComparison.Ordinal) && System.Text.Encoding.UTF8.GetByteCount(message) <= MessageBytesMax)
            {
                return message;
            }
        }

        return validation.Source.Message.Trim() is { Length: > 0 } given ? given : $"failed expression: {validation.Source.Expression.Trim()}";
    }

    private static string Annotate(CompiledPolicy policy, PolicyActivation activation, SortedDictionary<string, List<string>> annotations)
    {
        var budget = Budget;
        foreach (var (key, expression) in policy.AuditAnnotations)
        {
            var result = activation.Evaluate(expression, ref budget);
            if (result.Error.Length > 0)
            {
                if (!policy.FailsOpen)
                {
                    return result.Error;
                }

                continue;
            }

            var text = result.Value.IsString ? result.Value.AsString.Trim() : "";
            if (text.Length == 0)
            {
                continue;
            }

            text = text.Length > AnnotationLengthMax ? text[..AnnotationLengthMax] : text;
            var values = annotations.TryGetValue(key, out var known) ? known : annotations[key] = [];
            if (!values.Contains(text))
            {
                values.Add(text);
            }
        }

        return "";
    }

    /// <summary>Failures for the audit log, as a JSON list in one annotation.</summary>
    private static void Audit(CompiledPolicy policy, PolicyBinding binding, Failure failure, AdmissionAttributes attributes)
    {
        const string Key = "validation.policy.admission.k8s.io/validation_failure";
        var entry = JsonSerializer.Serialize(new
        {
            message = failure.Message,
            policy = policy.Name,
            binding = binding.Name,
            expressionIndex = failure.Index,
            validationActions = binding.Actions.ToArray(),
        });
        attributes.AuditAnnotations[Key] = attributes.AuditAnnotations.TryGetValue(Key, out var before) ? $"{before[..^1]},{entry}]" : $"[{entry}]";
    }

    private readonly record struct Failure(int Index, string Message, string Reason);
}
