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
    public static AdmissionRequest Make(AdmissionAttributes attributes)
    {
        var kind = new GroupVersionKind { Group = attributes.Resource.Group, Version = attributes.Resource.Version, Kind = attributes.Resource.Kind };
        if (attributes.Subresource.Length > 0 && attributes.Object is { } body && GetText(body, "kind") is { Length: > 0 } bodyKind)
        {
            var apiVersion = GetText(body, "apiVersion");
            var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
            kind = new GroupVersionKind { Group = slash < 0 ? "" : apiVersion[..slash], Version = apiVersion[(slash + 1)..], Kind = bodyKind };
        }

        var resource = new GroupVersionResource { Group = attributes.Resource.Group, Version = attributes.Resource.Version, Resource = attributes.Resource.Resource };
        return new AdmissionRequest
        {
            Uid = Guid.NewGuid().ToString(),
            Kind = kind,
            Resource = resource,
            SubResource = attributes.Subresource,
            RequestKind = kind,
            RequestResource = resource,
            RequestSubResource = attributes.Subresource,
            Name = attributes.Name,
            Namespace = attributes.Namespace,
            Operation = attributes.OperationName,
            UserInfo = TokenReviews.ToApi(attributes.User),
            Object = Raw(attributes.Object, attributes),
            OldObject = Raw(attributes.OldObject, attributes),
            DryRun = attributes.DryRun,
            Options = attributes.Options is { } options ? RawJson.Of(options) : null,
        };
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

    private static string GetText(ApiStruct body, string field) => body.GetField(field) as string ?? "";

    /// <summary>Webhooks see objects whole, with their kind, which stored ones may leave out.</summary>
    private static RawJson? Raw(ApiStruct? value, AdmissionAttributes attributes)
    {
        if (value is null)
        {
            return null;
        }

        if (value is ApiObject { Kind.Length: 0 } bare && attributes.Subresource.Length == 0)
        {
            var named = bare with { Kind = attributes.Resource.Kind, ApiVersion = attributes.Resource.ApiVersion };
            return new RawJson(ApiJson.WriteToArray(named));
        }

        return new RawJson(ApiJson.WriteToArray(value));
    }
}
