using Orchestrator.Api;
using Orchestrator.Api.AdmissionRegistration.V1;

namespace Orchestrator.ApiServer.Admission.Webhooks;

/// <summary>All webhooks in the order in which they are called (by their configurations' names), kept from the store's changes.</summary>
public sealed class WebhookIndex : IObjectView
{
    // Only the writer's; readers take the arrays.
    private readonly SortedDictionary<string, Webhook[]> _mutatingByName = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Webhook[]> _validatingByName = new(StringComparer.Ordinal);
    private volatile Webhook[] _mutating = [];
    private volatile Webhook[] _validating = [];

    public IReadOnlyList<ResourceInfo> Resources { get; } = [MutatingWebhookConfiguration.Resource, ValidatingWebhookConfiguration.Resource];

    internal Webhook[] Mutating => _mutating;

    internal Webhook[] Validating => _validating;

    public void Put(ApiObject obj)
    {
        switch (obj)
        {
            case MutatingWebhookConfiguration configuration:
                _mutatingByName[obj.Metadata.Name] = configuration.Webhooks.Select((h, i) => new Webhook(obj.Metadata.Name, i, h)).ToArray();
                _mutating = _mutatingByName.Values.SelectMany(static h => h).ToArray();
                break;
            case ValidatingWebhookConfiguration configuration:
                _validatingByName[obj.Metadata.Name] = configuration.Webhooks.Select((h, i) => new Webhook(obj.Metadata.Name, i, h)).ToArray();
                _validating = _validatingByName.Values.SelectMany(static h => h).ToArray();
                break;
        }
    }

    public void Remove(ApiObject obj)
    {
        switch (obj)
        {
            case MutatingWebhookConfiguration:
                _mutatingByName.Remove(obj.Metadata.Name);
                _mutating = _mutatingByName.Values.SelectMany(static h => h).ToArray();
                break;
            case ValidatingWebhookConfiguration:
                _validatingByName.Remove(obj.Metadata.Name);
                _validating = _validatingByName.Values.SelectMany(static h => h).ToArray();
                break;
        }
    }
}
