using Orchestrator.Api;
using Orchestrator.Api.AdmissionRegistration.V1;
using Orchestrator.Client;

namespace Orchestrator.ApiServer.Admission.Webhooks;

/// <summary>A webhook of either kind, ready to be matched and called.</summary>
internal sealed class Webhook
{
    private readonly ApiList<RuleWithOperations> _rules;
    private readonly LabelMatcher _namespaces;
    private readonly LabelMatcher _objects;

    public Webhook(string configuration, int index, ValidatingWebhook hook)
        : this(configuration, index, hook.Name, hook.ClientConfig, hook.Rules, hook.NamespaceSelector, hook.ObjectSelector)
    {
        FailsOpen = hook.FailurePolicy == "Ignore";
        SideEffects = hook.SideEffects ?? "";
        Timeout = TimeSpan.FromSeconds(hook.TimeoutSeconds ?? 10);
        MatchConditions = hook.MatchConditions;
    }

    public Webhook(string configuration, int index, MutatingWebhook hook)
        : this(configuration, index, hook.Name, hook.ClientConfig, hook.Rules, hook.NamespaceSelector, hook.ObjectSelector)
    {
        FailsOpen = hook.FailurePolicy == "Ignore";
        SideEffects = hook.SideEffects ?? "";
        Timeout = TimeSpan.FromSeconds(hook.TimeoutSeconds ?? 10);
        MatchConditions = hook.MatchConditions;
        Repeats = hook.ReinvocationPolicy == "IfNeeded";
    }

    private Webhook(
        string configuration, int index, string name, WebhookClientConfig client, ApiList<RuleWithOperations> rules, Api.Meta.V1.LabelSelector? namespaces, Api.Meta.V1.LabelSelector? objects)
    {
        Configuration = configuration;
        Id = $"{configuration}/{name}/{index}";
        Name = name;
        Client = client;
        _rules = rules;
        _namespaces = namespaces is null ? LabelMatcher.Everything : LabelMatcher.From(namespaces);
        _objects = objects is null ? LabelMatcher.Everything : LabelMatcher.From(objects);
    }

    /// <summary>The configuration's name.</summary>
    public string Configuration { get; }

    /// <summary>Unique, even among namesakes in one configuration.</summary>
    public string Id { get; }

    public string Name { get; }

    public WebhookClientConfig Client { get; }

    /// <summary>A webhook that cannot be called is passed over.</summary>
    public bool FailsOpen { get; }

    public string SideEffects { get; } = "";

    public TimeSpan Timeout { get; }

    public ApiList<MatchCondition> MatchConditions { get; } = [];

    /// <summary>Wants to be called again when others change the object after it.</summary>
    public bool Repeats { get; }

    public bool Matches(AdmissionAttributes attributes, Func<string, ApiMap<string>?> labelsOfNamespace)
    {
        var hit = false;
        foreach (var rule in _rules)
        {
            hit = hit || Matches(rule, attributes);
        }

        return hit && MatchesNamespace(attributes, labelsOfNamespace) && MatchesObject(attributes);
    }

    private static bool Matches(RuleWithOperations rule, AdmissionAttributes attributes)
    {
        var operation = attributes.Operation switch
        {
            AdmissionOperation.Create => "CREATE",
            AdmissionOperation.Update => "UPDATE",
            AdmissionOperation.Delete => "DELETE",
            _ => "CONNECT",
        };
        return Has(rule.Operations, operation)
            && Has(rule.ApiGroups, attributes.Resource.Group)
            && Has(rule.ApiVersions, attributes.Resource.Version)
            && rule.Resources.Any(r => IsResource(r, attributes.Resource.Resource, attributes.Subresource))
            && rule.Scope switch
            {
                "Namespaced" => attributes.Resource.Namespaced,
                "Cluster" => !attributes.Resource.Namespaced,
                _ => true,
            };
    }

    private static bool Has(ApiList<string> values, string value)
    {
        foreach (var candidate in values)
        {
            if (candidate == "*" || candidate == value)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary><c>pods</c>, <c>pods/log</c>, <c>pods/*</c>, <c>*/scale</c>, <c>*</c> (no subresources), <c>*/*</c>.</summary>
    private static bool IsResource(string pattern, string resource, string subresource)
    {
        var slash = pattern.IndexOf('/', StringComparison.Ordinal);
        var (left, right) = slash < 0 ? (pattern, "") : (pattern[..slash], pattern[(slash + 1)..]);
        return (left == "*" || left == resource) && (right == "*" || right == subresource);
    }

    private bool MatchesNamespace(AdmissionAttributes attributes, Func<string, ApiMap<string>?> labelsOfNamespace)
    {
        if (_namespaces.IsEverything)
        {
            return true;
        }

        // A namespace is judged by its own labels, and on create by those that it shall have.
        if (attributes.Is("", "namespaces"))
        {
            var ns = (attributes.Object ?? attributes.OldObject) as ApiObject;
            return _namespaces.Matches(ns?.Metadata.Labels ?? ApiMap<string>.Empty);
        }

        return attributes.Namespace.Length == 0 || _namespaces.Matches(labelsOfNamespace(attributes.Namespace) ?? ApiMap<string>.Empty);
    }

    private bool MatchesObject(AdmissionAttributes attributes) =>
        _objects.IsEverything
        || (attributes.Object is ApiObject obj && _objects.Matches(obj.Metadata.Labels))
        || (attributes.OldObject is ApiObject old && _objects.Matches(old.Metadata.Labels));
}
