using Orchestrator.Api;
using Orchestrator.Api.Admission.V1;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Identity.Tokens;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission.Webhooks;

/// <summary>What is asked of webhooks, and what their refusals become.</summary>
internal static class WebhookRequests
{
    public static AdmissionRequest Make(AdmissionAttributes attributes, WebhookInvocation invocation)
    {
        var kind = RequestKinds.Of(invocation.Matched, attributes.Subresource);
        return new AdmissionRequest
        {
            Uid = Guid.NewGuid().ToString(),
            Kind = kind,
            Resource = ResourceOf(invocation.Matched),
            SubResource = attributes.Subresource,
            RequestKind = RequestKinds.Of(attributes.Resource, attributes.Subresource),
            RequestResource = ResourceOf(attributes.Resource),
            RequestSubResource = attributes.Subresource,
            Name = attributes.Name,
            Namespace = attributes.Namespace,
            Operation = attributes.OperationName,
            UserInfo = TokenReviews.ToApi(attributes.User),
            Object = Raw(invocation.Object, kind),
            OldObject = Raw(invocation.OldObject, kind),
            DryRun = attributes.DryRun,
            Options = attributes.Options,
        };
    }

    /// <exception cref="ApiException">400: a dry run that the webhook does not support, whatever its failure policy.</exception>
    public static void CheckDryRun(Webhook hook, AdmissionAttributes attributes)
    {
        if (attributes.DryRun && hook.SideEffects is not ("None" or "NoneOnDryRun"))
        {
            throw Errors.BadRequest($"admission webhook \"{hook.Name}\" does not support dry run");
        }
    }

    /// <summary>The refusal of a webhook in upstream's words; never less than 400.</summary>
    public static ApiException Refusal(string name, Status? status)
    {
        var deniedBy = $"admission webhook \"{name}\" denied the request";
        status ??= new Status();
        var message = status.Message.Length > 0 ? $"{deniedBy}: {status.Message}"
            : status.Reason.Length > 0 ? $"{deniedBy}: {status.Reason}"
            : $"{deniedBy} without explanation";
        return new ApiException(status with
        {
            Kind = "Status",
            ApiVersion = "v1",
            StatusValue = status.StatusValue is "" or "Success" ? "Failure" : status.StatusValue,
            Code = status.Code < 400 ? 400 : status.Code,
            Message = message,
        });
    }

    /// <summary>The failure of a webhook that must not fail.</summary>
    public static ApiException Failure(string name, WebhookException failure) => Errors.Internal($"failed calling webhook \"{name}\": {failure.Message}");

    private static GroupVersionResource ResourceOf(ResourceInfo resource) => new() { Group = resource.Group, Version = resource.Version, Resource = resource.Resource };

    /// <summary>Webhooks see objects whole, with their kind, which stored ones may leave out.</summary>
    private static RawJson? Raw(ApiStruct? value, GroupVersionKind kind) => value switch
    {
        null => null,
        ApiObject { Kind.Length: 0 } bare => new RawJson(ApiJson.WriteToArray(bare with
        {
            Kind = kind.Kind,
            ApiVersion = kind.Group.Length == 0 ? kind.Version : kind.Group + "/" + kind.Version,
        })),
        _ => new RawJson(ApiJson.WriteToArray(value)),
    };
}
