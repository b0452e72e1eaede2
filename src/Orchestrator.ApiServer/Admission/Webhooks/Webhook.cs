using Orchestrator.Api;
using Orchestrator.Api.AdmissionRegistration.V1;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Admission.Webhooks;

/// <summary>A webhook of either kind, ready to be matched and called.</summary>
internal sealed class Webhook
{
    private readonly ApiList<RuleWithOperations> _rules;
    private readonly RequestSelectors _selectors;

    public Webhook(string configuration, int index, ValidatingWebhook hook)
        : this(configuration, index, hook.Name, hook.ClientConfig, hook.Rules, hook.NamespaceSelector, hook.ObjectSelector)
    {
        IsExact = hook.MatchPolicy == "Exact";
        FailsOpen = hook.FailurePolicy == "Ignore";
        SideEffects = hook.SideEffects ?? "";
        Timeout = TimeSpan.FromSeconds(hook.TimeoutSeconds ?? 10);
        MatchConditions = hook.MatchConditions;
        ReviewVersions = hook.AdmissionReviewVersions;
    }

    public Webhook(string configuration, int index, MutatingWebhook hook)
        : this(configuration, index, hook.Name, hook.ClientConfig, hook.Rules, hook.NamespaceSelector, hook.ObjectSelector)
    {
        IsExact = hook.MatchPolicy == "Exact";
        FailsOpen = hook.FailurePolicy == "Ignore";
        SideEffects = hook.SideEffects ?? "";
        Timeout = TimeSpan.FromSeconds(hook.TimeoutSeconds ?? 10);
        MatchConditions = hook.MatchConditions;
        ReviewVersions = hook.AdmissionReviewVersions;
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
        _selectors = new(namespaces, objects);
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

    /// <summary>The versions of reviews that it understands, the preferred one first.</summary>
    public ApiList<string> ReviewVersions { get; } = [];

    public ApiList<MatchCondition> MatchConditions { get; } = [];

    /// <summary>Its rules mean the versions that they name, and not the resources under whatever version.</summary>
    public bool IsExact { get; }

    /// <summary>Wants to be called again when others change the object after it.</summary>
    public bool Repeats { get; }

    /// <summary>The version of the request's resource as which the rules name it; null if they do not, or the selectors leave it out.</summary>
    /// <param name="attributes">The request.</param>
    /// <param name="labelsOfNamespace">The labels of a namespace; null if there is none such.</param>
    /// <param name="equivalents">The other versions of a resource.</param>
    public ResourceInfo? Match(AdmissionAttributes attributes, Func<string, ApiMap<string>?> labelsOfNamespace, Func<ResourceInfo, IEnumerable<ServedResource>> equivalents)
    {
        var matched = FindVersion(attributes, equivalents);
        return matched is not null && _selectors.Match(attributes, labelsOfNamespace) ? matched : null;
    }

    private ResourceInfo? FindVersion(AdmissionAttributes attributes, Func<ResourceInfo, IEnumerable<ServedResource>> equivalents)
    {
        foreach (var rule in _rules)
        {
            if (RequestRule.Of(rule).Matches(attributes, attributes.Resource))
            {
                return attributes.Resource;
            }
        }

        if (IsExact)
        {
            return null;
        }

        var others = equivalents(attributes.Resource).ToArray();
        foreach (var rule in _rules)
        {
            foreach (var other in others)
            {
                if (RequestRule.Of(rule).Matches(attributes, other.Info))
                {
                    return other.Info;
                }
            }
        }

        return null;
    }
}
