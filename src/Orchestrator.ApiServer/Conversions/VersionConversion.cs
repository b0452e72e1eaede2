using Orchestrator.Api;

namespace Orchestrator.ApiServer.Conversions;

/// <summary>
/// Between the versions of a kind: autoscalers v1 and v2, events of the core group and of events.k8s.io. Everything else has one version.
/// Objects are stored, and known to strategies and controllers, in the stored version.
/// </summary>
public static class VersionConversion
{
    /// <summary>The object in its stored version; the object itself when it is that already. Shares what it can with the given one.</summary>
    public static ApiObject ToStored(ApiObject obj) => obj switch
    {
        Api.Autoscaling.V1.HorizontalPodAutoscaler autoscaler => AutoscalerConversion.ToV2(autoscaler),
        Api.Events.V1.Event ev => EventConversion.ToCore(ev),
        _ => obj,
    };

    /// <summary>A stored object in the version that a request asks for.</summary>
    public static ApiObject FromStored(ApiObject obj, StructSchema requested) =>
        ReferenceEquals(obj.TypeSchema, requested) ? obj : obj switch
        {
            Api.Autoscaling.V2.HorizontalPodAutoscaler autoscaler when ReferenceEquals(requested, Api.Autoscaling.V1.HorizontalPodAutoscaler.ApiType) => AutoscalerConversion.ToV1(autoscaler),
            Api.Core.V1.Event ev when ReferenceEquals(requested, Api.Events.V1.Event.ApiType) => EventConversion.ToEvents(ev),
            _ => throw new ArgumentException($"{obj.TypeSchema} is not served as {requested}.", nameof(requested)),
        };
}
