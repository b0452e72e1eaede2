using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission.Plugins;

/// <summary>Every start asks the registry for the image, so that nobody runs one that he may not pull because it happens to lie on the node.</summary>
internal sealed class AlwaysPullImages : IMutatingAdmission, IValidatingAdmission
{
    private const string Always = "Always";

    public string Name => "AlwaysPullImages";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) =>
        operation is AdmissionOperation.Create or AdmissionOperation.Update && subresource.Length == 0 && resource is { Group: "", Resource: "pods" };

    public ValueTask AdmitAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes.Object is not Pod pod || BringsNoImage(attributes))
        {
            return default;
        }

        var spec = pod.Own<PodSpec>(Pod.Fields.Spec);
        foreach (var container in spec.InitContainers.Concat(spec.Containers))
        {
            container.Set(Container.Fields.ImagePullPolicy, Always);
        }

        foreach (var container in spec.EphemeralContainers)
        {
            container.Set(EphemeralContainer.Fields.ImagePullPolicy, Always);
        }

        foreach (var volume in spec.Volumes)
        {
            volume.Image?.Set(ImageVolumeSource.Fields.PullPolicy, Always);
        }

        return default;
    }

    public ValueTask ValidateAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes.Object is not Pod pod || BringsNoImage(attributes))
        {
            return default;
        }

        var spec = pod.Spec;
        Check("initContainers", "imagePullPolicy", spec.InitContainers.Select(static c => c.ImagePullPolicy));
        Check("containers", "imagePullPolicy", spec.Containers.Select(static c => c.ImagePullPolicy));
        Check("ephemeralContainers", "imagePullPolicy", spec.EphemeralContainers.Select(static c => c.ImagePullPolicy));
        Check("volumes", "image.pullPolicy", spec.Volumes.Select(static v => v.Image is { } image ? image.PullPolicy : Always));
        return default;

        void Check(string list, string field, IEnumerable<string> policies)
        {
            foreach (var (i, policy) in policies.Index())
            {
                if (policy != Always)
                {
                    throw attributes.Forbidden($"spec.{list}[{i}].{field}: Unsupported value: {GoText.Quote(policy)}: supported values: \"{Always}\"");
                }
            }
        }
    }

    /// <summary>An update that names no image that the pod did not have is let alone: older pods may be as they are.</summary>
    private static bool BringsNoImage(AdmissionAttributes attributes)
    {
        if (attributes is not { Operation: AdmissionOperation.Update, Object: Pod pod, OldObject: Pod old })
        {
            return false;
        }

        var had = Images(old.Spec).ToHashSet(StringComparer.Ordinal);
        return Images(pod.Spec).All(had.Contains);
    }

    private static IEnumerable<string> Images(PodSpec spec) =>
        spec.InitContainers.Select(static c => c.Image)
            .Concat(spec.Containers.Select(static c => c.Image))
            .Concat(spec.EphemeralContainers.Select(static c => c.Image))
            .Concat(spec.Volumes.Where(static v => v.Image is not null).Select(static v => v.Image!.Reference));
}
