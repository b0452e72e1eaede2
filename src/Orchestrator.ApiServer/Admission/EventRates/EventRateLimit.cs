using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission.EventRates;

/// <summary>So many events a second, of all, of a namespace, of a user, or of one source about one object.</summary>
internal sealed class EventRateLimit(EventRateOptions options, TimeProvider time) : IValidatingAdmission
{
    private readonly EventBuckets[] _limits = [.. options.Limits.Select(l => new EventBuckets(l, time))];

    public string Name => "EventRateLimit";

    // Those of events.k8s.io are another kind by upstream's count.
    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) =>
        operation is AdmissionOperation.Create or AdmissionOperation.Update && resource is { Group: "", Resource: "events" };

    public ValueTask ValidateAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes.DryRun)
        {
            return default;
        }

        ApiException? refusal = null;
        foreach (var limit in _limits)
        {
            // Every limit is charged, whatever the others say.
            var key = KeyOf(limit.Type, attributes);
            if (!limit.TryTake(key))
            {
                refusal = Errors.Make(429, "TooManyRequests", $"Too many requests: limit reached on type {limit.Type} for key {key}", null);
            }
        }

        return refusal is null ? default : throw refusal;
    }

    private static string KeyOf(string type, AdmissionAttributes attributes) => type switch
    {
        "Namespace" => attributes.Namespace,
        "User" => attributes.User.Name,
        "SourceAndObject" when attributes.Object is Event { Source: var source, InvolvedObject: var about } =>
            string.Concat(source.Component, source.Host, about.Kind, about.Namespace) + string.Concat(about.Name, about.Uid, about.ApiVersion),
        _ => "",
    };
}
