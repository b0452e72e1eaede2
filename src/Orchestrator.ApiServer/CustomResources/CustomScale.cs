using Orchestrator.Api;
using Orchestrator.Api.Autoscaling.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.CustomResources;

/// <summary>The scale subresource of custom resources: replicas and selector stand where the definition says.</summary>
internal static class CustomScale
{
    /// <summary>What the scale of an object is.</summary>
    /// <param name="version">The object's version, which has the subresource.</param>
    /// <param name="obj">The object.</param>
    /// <param name="required">Refuse an object without replicas.</param>
    /// <exception cref="ApiException">500: there are no replicas.</exception>
    public static Scale ToScale(CustomVersion version, CustomObject obj, bool required)
    {
        var paths = version.Scale!;
        var replicas = CustomPaths.Find(obj, paths.SpecReplicasPath);
        if (required && replicas is not long)
        {
            throw Errors.Internal($"the spec replicas field {Api.Json.GoText.Quote(paths.SpecReplicasPath)} does not exist");
        }

        var metadata = obj.Metadata;
        return new Scale
        {
            Kind = "Scale",
            ApiVersion = "autoscaling/v1",
            Metadata = new ObjectMeta
            {
                Name = metadata.Name,
                Namespace = metadata.Namespace,
                Uid = metadata.Uid,
                ResourceVersion = metadata.ResourceVersion,
                CreationTimestamp = metadata.CreationTimestamp,
            },
            Spec = new ScaleSpec { Replicas = replicas is long wanted ? (int)wanted : 0 },
            Status = new ScaleStatus
            {
                Replicas = CustomPaths.Find(obj, paths.StatusReplicasPath) is long observed ? (int)observed : 0,
                Selector = paths.LabelSelectorPath is { Length: > 0 } path && CustomPaths.Find(obj, path) is string selector ? selector : "",
            },
        };
    }

    /// <summary>The object with other replicas.</summary>
    public static CustomObject With(CustomVersion version, CustomObject obj, int replicas) =>
        obj with { Content = CustomPaths.With(obj.Content, version.Scale!.SpecReplicasPath, (long)replicas) };
}
