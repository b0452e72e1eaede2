using System.Text;
using System.Text.Json;
using Orchestrator.Api;
using Orchestrator.Api.Admission.V1;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Codecs;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission.Webhooks;

/// <summary>Reads what a webhook answers, and checks that it is an answer to what was asked; faults in upstream's words.</summary>
internal static class ReviewAnswer
{
    private const string Scheme = "k8s.io/apiserver/pkg/util/webhook/client.go:71";

    /// <param name="body">The answer.</param>
    /// <param name="apiVersion">The version that was asked in.</param>
    /// <param name="mutates">The webhook may change objects.</param>
    /// <param name="uid">Of the question.</param>
    /// <exception cref="WebhookException">It is none.</exception>
    public static AdmissionResponse Read(byte[] body, string apiVersion, bool mutates, string uid)
    {
        var review = Decode(body, apiVersion);
        var response = review.Response ?? throw Invalid("webhook response was absent");
        if (apiVersion == "admission.k8s.io/v1beta1")
        {
            // The old version was never checked.
            return mutates && response.Patch is { Length: > 0 } ? response with { PatchType = "JSONPatch" } : response with { Patch = null, PatchType = null };
        }

        if (response.Uid != uid)
        {
            throw Invalid($"expected response.uid={GoText.Quote(uid)}, got {GoText.Quote(response.Uid)}");
        }

        if (review is not { Kind: "AdmissionReview", ApiVersion: "admission.k8s.io/v1" })
        {
            throw Invalid($"expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got {(review.ApiVersion.Length == 0 ? "/" : review.ApiVersion)}, Kind={review.Kind}");
        }

        var hasPatch = response.Patch is { Length: > 0 };
        if (!mutates)
        {
            return hasPatch ? throw Invalid("validating webhook may not return response.patch")
                : response.PatchType is not null ? throw Invalid("validating webhook may not return response.patchType")
                : response;
        }

        return hasPatch != response.PatchType is not null
                ? throw Invalid(hasPatch ? "webhook returned response.patch but not response.patchType" : "webhook returned response.patchType but not response.patch")
            : response.PatchType is "" ? throw Invalid("webhook returned invalid response.patchType of \"\"")
            : response;
    }

    private static AdmissionReview Decode(byte[] body, string apiVersion)
    {
        try
        {
            if (Tree(body) is not ApiMap<object?> tree)
            {
                throw Failed("couldn't get version/kind; json parse error: json: cannot unmarshal string into Go value of type struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }");
            }

            // What is not told is taken for what was asked.
            var version = tree.GetValueOrDefault("apiVersion") is string { Length: > 0 } given ? given : apiVersion;
            var kind = tree.GetValueOrDefault("kind") is string { Length: > 0 } named ? named : "AdmissionReview";
            if ((version, kind) is not (("admission.k8s.io/v1" or "admission.k8s.io/v1beta1", "AdmissionReview") or ("v1", "Status")))
            {
                throw Failed($"no kind {GoText.Quote(kind)} is registered for version {GoText.Quote(version)} in scheme {GoText.Quote(Scheme)}");
            }

            if (version != apiVersion)
            {
                throw Failed($"converting ({Short(version)}.{kind}) to ({Short(apiVersion)}.AdmissionReview): unknown conversion");
            }

            return ApiJson.Read<AdmissionReview>(ApiJson.WriteValueToArray(tree));
        }
        catch (Exception broken) when (broken is JsonException or ApiDecodeException or FormatException)
        {
            throw Failed(broken.Message, broken);
        }
    }

    private static object? Tree(byte[] body)
    {
        try
        {
            return ApiJson.ReadValue(body);
        }
        catch (JsonException)
        {
            // As upstream's readers, which take what is no JSON for YAML.
            return YamlReader.Read(body, out _);
        }
    }

    private static string Short(string apiVersion) => apiVersion[(apiVersion.LastIndexOf('/') + 1)..];

    private static WebhookException Invalid(string why) => new("received invalid webhook response: " + why);

    private static WebhookException Failed(string why, Exception? inner = null) => new("failed to call webhook: " + why, inner);
}
