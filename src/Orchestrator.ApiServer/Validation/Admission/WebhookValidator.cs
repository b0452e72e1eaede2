using Orchestrator.Api;
using Orchestrator.Api.AdmissionRegistration.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Admission.Policies;

namespace Orchestrator.ApiServer.Validation.Admission;

/// <summary>Webhooks of both kinds.</summary>
internal static class WebhookValidator
{
    private const int TimeoutSecondsMax = 30;
    private static readonly string[] ReviewVersions = ["v1", "v1beta1"];

    public static void Validate(ApiList<ValidatingWebhook> hooks, FieldErrorList errors)
    {
        var names = new HashSet<string>();
        for (var i = 0; i < hooks.Count; i++)
        {
            var hook = hooks[i];
            var path = FieldPath.Root("webhooks").Index(i);
            Common(hook.Name, hook.Rules, hook.FailurePolicy, hook.MatchPolicy, hook.SideEffects, hook.TimeoutSeconds, path, errors);
            Selectors(hook.NamespaceSelector, hook.ObjectSelector, path, errors);
            Client(hook.ClientConfig, path.Child("clientConfig"), errors);
            ExpressionValidator.Conditions(hook.MatchConditions, new PolicyCompiler(hasParams: false), path.Child("matchConditions"), errors);
            Reviews(hook.AdmissionReviewVersions, path.Child("admissionReviewVersions"), errors);
            Unique(names, hook.Name, path, errors);
        }
    }

    public static void Validate(ApiList<MutatingWebhook> hooks, FieldErrorList errors)
    {
        var names = new HashSet<string>();
        for (var i = 0; i < hooks.Count; i++)
        {
            var hook = hooks[i];
            var path = FieldPath.Root("webhooks").Index(i);
            Common(hook.Name, hook.Rules, hook.FailurePolicy, hook.MatchPolicy, hook.SideEffects, hook.TimeoutSeconds, path, errors);
            Selectors(hook.NamespaceSelector, hook.ObjectSelector, path, errors);
            if (hook.ReinvocationPolicy is { } reinvocation)
            {
                errors.OneOf(path, "reinvocationPolicy", reinvocation, "IfNeeded", "Never");
            }

            Client(hook.ClientConfig, path.Child("clientConfig"), errors);
            ExpressionValidator.Conditions(hook.MatchConditions, new PolicyCompiler(hasParams: false), path.Child("matchConditions"), errors);
            Reviews(hook.AdmissionReviewVersions, path.Child("admissionReviewVersions"), errors);
            Unique(names, hook.Name, path, errors);
        }
    }

    private static void Common(
        string name, ApiList<RuleWithOperations> rules, string? failurePolicy, string? matchPolicy, string? sideEffects, int? timeoutSeconds, FieldPath path, FieldErrorList errors)
    {
        Name(name, path.Child("name"), errors);
        for (var i = 0; i < rules.Count; i++)
        {
            RuleValidator.Validate(rules[i], path.Child("rules").Index(i), errors);
        }

        if (failurePolicy is not null)
        {
            errors.OneOf(path, "failurePolicy", failurePolicy, "Fail", "Ignore");
        }

        if (matchPolicy is not null)
        {
            errors.OneOf(path, "matchPolicy", matchPolicy, "Equivalent", "Exact");
        }

        if (sideEffects is null)
        {
            errors.Missing(path, "sideEffects", "must specify one of None, NoneOnDryRun");
        }
        else
        {
            errors.OneOf(path, "sideEffects", sideEffects, "None", "NoneOnDryRun");
        }

        if (timeoutSeconds is < 1 or > TimeoutSecondsMax)
        {
            errors.Invalid(path, "timeoutSeconds", timeoutSeconds, $"the timeout value must be between 1 and {TimeoutSecondsMax} seconds");
        }
    }

    private static void Name(string name, FieldPath path, FieldErrorList errors)
    {
        if (name.Length == 0)
        {
            errors.Required(path);
        }
        else if (Formats.DnsSubdomain(name) is { Count: > 0 } faults)
        {
            errors.Invalid(path, name, string.Join(",", faults));
        }
        else if (name.AsSpan().Count('.') < 2)
        {
            errors.Invalid(path, name, "should be a domain with at least three segments separated by dots");
        }
    }

    private static void Unique(HashSet<string> names, string name, FieldPath path, FieldErrorList errors)
    {
        if (name.Length > 0 && !names.Add(name))
        {
            errors.Duplicate(path.Child("name"), name);
        }
    }

    private static void Selectors(LabelSelector? namespaces, LabelSelector? objects, FieldPath path, FieldErrorList errors)
    {
        SelectorValidator.Validate(namespaces, path.Child("namespaceSelector"), errors);
        SelectorValidator.Validate(objects, path.Child("objectSelector"), errors);
    }

    private static void Client(WebhookClientConfig client, FieldPath path, FieldErrorList errors)
    {
        switch (client)
        {
            case { Url: { } url, Service: null }:
                WebhookClientValidator.Url(url, path.Child("url"), errors);
                break;
            case { Url: null, Service: { } service }:
                WebhookClientValidator.Service(service.Name, service.Namespace, service.Path, service.Port ?? 0, path.Child("service"), errors);
                break;
            default:
                errors.Required(path, "exactly one of url or service is required");
                break;
        }
    }

    private static void Reviews(ApiList<string> versions, FieldPath path, FieldErrorList errors)
    {
        if (versions.Count == 0)
        {
            errors.Required(path, "must specify one of " + string.Join(", ", ReviewVersions));
            return;
        }

        var seen = new HashSet<string>();
        for (var i = 0; i < versions.Count; i++)
        {
            if (!seen.Add(versions[i]))
            {
                errors.Invalid(path.Index(i), versions[i], "duplicate version");
                continue;
            }

            errors.InvalidEach(path.Index(i), versions[i], Formats.Dns1035Label(versions[i]));
        }

        if (!seen.Overlaps(ReviewVersions))
        {
            errors.Invalid(path, versions, "must include at least one of " + string.Join(", ", ReviewVersions));
        }
    }
}
