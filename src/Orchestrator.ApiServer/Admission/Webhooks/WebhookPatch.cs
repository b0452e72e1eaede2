using System.Text;
using System.Text.Json;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Codecs;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Patch;

namespace Orchestrator.ApiServer.Admission.Webhooks;

/// <summary>The patches of webhooks. A patch that is none counts as a failure of the webhook; one that does not fit the object is the server's own failure, as upstream has it.</summary>
internal static class WebhookPatch
{
    /// <exception cref="WebhookException">It is no JSON patch.</exception>
    public static IApiList Decode(byte[] patch)
    {
        try
        {
            return ApiJson.ReadValue(patch) switch
            {
                null => ApiList<object?>.Empty,
                IApiList list => list,
                var other => throw Undecodable($"json: cannot unmarshal {(other is IApiMap ? "object" : other is string ? "string" : other is bool ? "bool" : "number")} into Go value of type jsonpatch.Patch"),
            };
        }
        catch (JsonException)
        {
            throw Undecodable(GoJsonSyntax.Describe(patch));
        }
    }

    /// <exception cref="ApiException">500: it does not fit, or leaves no object of the type.</exception>
    public static ApiObject Apply(IApiList operations, ApiObject current)
    {
        var document = new PatchDocument(ApiJson.WriteToArray(current));
        if (!JsonPatch.TryApply(document, operations, out var fault))
        {
            throw Errors.Internal(fault);
        }

        var json = document.ToBytes();
        try
        {
            var patched = (ApiObject)ApiJson.Read(current.TypeSchema, json);
            return patched.Kind.Length > 0 || current.Kind.Length == 0 ? patched : throw Errors.Internal($"Object 'Kind' is missing in '{Encoding.UTF8.GetString(json)}'");
        }
        catch (ApiDecodeException misfit)
        {
            throw Errors.Internal(misfit.Message);
        }
    }

    private static WebhookException Undecodable(string why) => new("received undecodable patch in webhook response: " + why);
}
