using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Access.Webhooks;

namespace Orchestrator.ApiServer.Admission.ImagePolicies;

/// <summary>A server outside judges the images of pods, by ImageReview of imagepolicy.k8s.io/v1alpha1; its answers are remembered for a while.</summary>
internal sealed class ImagePolicyWebhook(ImagePolicyOptions options, ReviewClient client, TimeProvider time) : IValidatingAdmission
{
    private const string AuditPrefix = "imagepolicywebhook.image-policy.k8s.io/";
    private const string FailedOpen = "failed-open";
    private const string AnnotationPart = ".image-policy.k8s.io/";
    private const int RememberedMax = 1024;

    private readonly ConcurrentDictionary<string, (ImageVerdict Verdict, DateTimeOffset Until)> _remembered = new(StringComparer.Ordinal);

    public string Name => "ImagePolicyWebhook";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) =>
        operation is AdmissionOperation.Create or AdmissionOperation.Update && resource is { Group: "", Resource: "pods" } && subresource is "" or "ephemeralcontainers";

    public async ValueTask ValidateAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes.Object is not Pod pod)
        {
            return;
        }

        var spec = SpecOf(pod, attributes);
        var key = spec.ToJsonString();
        if (!_remembered.TryGetValue(key, out var known) || known.Until <= time.GetUtcNow())
        {
            try
            {
                known = Remember(key, ImageVerdict.Read(await client.PostAsync(Review(spec), cancellationToken)));
            }
            catch (Exception failure) when (failure is HttpRequestException or JsonException)
            {
                if (!options.DefaultAllow)
                {
                    throw attributes.Forbidden(failure.Message);
                }

                attributes.AuditAnnotations[AuditPrefix + FailedOpen] = "true";
                return;
            }
        }

        foreach (var (name, value) in known.Verdict.Annotations)
        {
            attributes.AuditAnnotations[AuditPrefix + name] = value;
        }

        if (!known.Verdict.Allowed)
        {
            throw attributes.Forbidden(known.Verdict.Reason.Length > 0
                ? $"image policy webhook backend denied one or more images: {known.Verdict.Reason}"
                : "one or more images rejected by webhook backend");
        }
    }

    private static JsonObject SpecOf(Pod pod, AdmissionAttributes attributes)
    {
        var images = attributes.Subresource.Length > 0
            ? pod.Spec.EphemeralContainers.Select(static c => c.Image)
            : pod.Spec.Containers.Select(static c => c.Image).Concat(pod.Spec.InitContainers.Select(static c => c.Image));
        var spec = new JsonObject { ["containers"] = new JsonArray([.. images.Select(static i => (JsonNode)new JsonObject { ["image"] = i })]) };
        var annotations = new JsonObject();
        foreach (var (name, value) in pod.Metadata.Annotations.Where(static a => a.Key.Contains(AnnotationPart, StringComparison.Ordinal)))
        {
            annotations[name] = value;
        }

        if (annotations.Count > 0)
        {
            spec["annotations"] = annotations;
        }

        spec["namespace"] = attributes.Namespace;
        return spec;
    }

    private static byte[] Review(JsonObject spec) => JsonSerializer.SerializeToUtf8Bytes(new JsonObject
    {
        ["apiVersion"] = "imagepolicy.k8s.io/v1alpha1",
        ["kind"] = "ImageReview",
        ["metadata"] = new JsonObject(),
        ["spec"] = spec.DeepClone(),
        ["status"] = new JsonObject { ["allowed"] = false },
    });

    private (ImageVerdict Verdict, DateTimeOffset Until) Remember(string key, ImageVerdict verdict)
    {
        if (_remembered.Count >= RememberedMax)
        {
            _remembered.Clear();
        }

        return _remembered[key] = (verdict, time.GetUtcNow() + (verdict.Allowed ? options.AllowTtl : options.DenyTtl));
    }
}
