using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Admission.Quota;

/// <summary>Claims: their number and storage, in all and by class.</summary>
internal sealed class ClaimQuotaEvaluator : QuotaEvaluator
{
    private const string ClassPart = ".storageclass.storage.k8s.io/";

    public ClaimQuotaEvaluator()
        : base("", "persistentvolumeclaims")
    {
    }

    public override bool Handles(AdmissionOperation operation, string subresource) =>
        operation is AdmissionOperation.Create or AdmissionOperation.Update && subresource.Length == 0;

    public override bool Counts(string name) => base.Counts(name) || name == "requests.storage"
        || name.EndsWith(ClassPart + "requests.storage", StringComparison.Ordinal) || name.EndsWith(ClassPart + "persistentvolumeclaims", StringComparison.Ordinal);

    public override ApiMap<Quantity> Usage(ApiObject obj)
    {
        var claim = (PersistentVolumeClaim)obj;
        var className = claim.Metadata.Annotations.GetValueOrDefault("volume.beta.kubernetes.io/storage-class") ?? claim.Spec.StorageClassName ?? "";
        var usage = base.Usage(obj);
        if (className.Length > 0)
        {
            usage = usage.With(className + ClassPart + "persistentvolumeclaims", One);
        }

        if (claim.Spec.Resources.Requests.TryGetValue("storage", out var storage))
        {
            // While a claim shrinks back from a failed growth, the larger of the two sizes counts.
            if (claim.Status.AllocatedResources.TryGetValue("storage", out var allocated) && allocated > storage)
            {
                storage = allocated;
            }

            usage = usage.With("requests.storage", storage);
            if (className.Length > 0)
            {
                usage = usage.With(className + ClassPart + "requests.storage", storage);
            }
        }

        return usage;
    }

    public override bool Matches(ScopedResourceSelectorRequirement scope, ApiObject obj)
    {
        if (scope.ScopeName != "VolumeAttributesClass")
        {
            return false;
        }

        // While it changes from one class to another, a claim counts against both.
        var claim = (PersistentVolumeClaim)obj;
        var names = new[] { claim.Spec.VolumeAttributesClassName, claim.Status.CurrentVolumeAttributesClassName, claim.Status.ModifyVolumeStatus?.TargetVolumeAttributesClassName }
            .Where(static n => n is { Length: > 0 }).Distinct().ToArray();
        return names.Length == 0 ? MatchesName(scope, "") : names.Any(n => MatchesName(scope, n!));
    }
}
