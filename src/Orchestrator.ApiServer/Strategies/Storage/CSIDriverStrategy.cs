using Orchestrator.Api;
using Orchestrator.Api.Storage.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Storage;

internal sealed class CSIDriverStrategy : ObjectStrategy<CSIDriver>
{
    private const int UpdateSecondsMin = 10;
    private const int TokenSecondsMin = 600;
    private const long TokenSecondsMax = 1L << 32;

    // Unlike elsewhere the first generation is none, and only changes count.
    protected override bool StartsGeneration => false;

    public override void Warnings(ApiObject obj, ApiObject? old, StrategyContext context)
    {
        if (LeaksTokens((CSIDriver)obj) && !(old is CSIDriver before && LeaksTokens(before)))
        {
            context.Warnings.Add("spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes");
        }
    }

    protected override void Prepare(CSIDriver obj, StrategyContext context) => DropDisabled(obj);

    protected override void PrepareUpdate(CSIDriver obj, CSIDriver old, StrategyContext context) => DropDisabled(obj);

    protected override void Check(CSIDriver obj, FieldErrorList errors) => Spec(obj.Spec, errors);

    protected override void CheckUpdate(CSIDriver obj, CSIDriver old, FieldErrorList errors)
    {
        Spec(obj.Spec, errors);
        errors.Immutable(FieldPath.Spec, "attachedRequired", obj.Spec.AttachRequired, old.Spec.AttachRequired);
        errors.Immutable(FieldPath.Spec, "volumeLifecycleModes", obj.Spec.VolumeLifecycleModes, old.Spec.VolumeLifecycleModes);
    }

    /// <summary>The field of a gate that is off, VolumeLimitScaling.</summary>
    private static void DropDisabled(CSIDriver driver)
    {
        if (driver.Spec.PreventPodSchedulingIfMissing is not null)
        {
            driver.Own<CSIDriverSpec>(CSIDriver.Fields.Spec).Set(CSIDriverSpec.Fields.PreventPodSchedulingIfMissing, null);
        }
    }

    private static bool LeaksTokens(CSIDriver driver) => driver.Spec is { TokenRequests.Count: > 0, ServiceAccountTokenInSecrets: null };

    private static void Spec(CSIDriverSpec spec, FieldErrorList errors)
    {
        var path = FieldPath.Spec;
        if (spec.AttachRequired is null)
        {
            errors.Missing(path, "attachedRequired");
        }

        if (spec.FsGroupPolicy is { } policy)
        {
            errors.OneOf(path, "fsGroupPolicy", policy, "File", "None", "ReadWriteOnceWithFSType");
        }

        for (var i = 0; i < spec.TokenRequests.Count; i++)
        {
            var audience = spec.TokenRequests[i].Audience;
            if (spec.TokenRequests.Take(i).Any(r => r.Audience == audience))
            {
                errors.Duplicate(path.Child("tokenRequests").Index(i).Child("audience"), audience);
            }
            else if (spec.TokenRequests[i].ExpirationSeconds is < TokenSecondsMin)
            {
                errors.Invalid(path.Child("tokenRequests").Index(i), "expirationSeconds", spec.TokenRequests[i].ExpirationSeconds, "may not specify a duration less than 10 minutes");
            }
            else if (spec.TokenRequests[i].ExpirationSeconds is > TokenSecondsMax)
            {
                errors.Invalid(path.Child("tokenRequests").Index(i), "expirationSeconds", spec.TokenRequests[i].ExpirationSeconds, "may not specify a duration larger than 2^32 seconds");
            }
        }

        foreach (var mode in spec.VolumeLifecycleModes)
        {
            errors.OneOf(path, "volumeLifecycleModes", mode, "Persistent", "Ephemeral");
        }

        if (spec.NodeAllocatableUpdatePeriodSeconds < UpdateSecondsMin)
        {
            errors.Invalid(path, "nodeAllocatableUpdatePeriodSeconds", spec.NodeAllocatableUpdatePeriodSeconds, "must be greater than or equal to 10 seconds");
        }

        if (spec is { ServiceAccountTokenInSecrets: { } inSecrets, TokenRequests.Count: 0 })
        {
            errors.Invalid(path, "serviceAccountTokenInSecrets", inSecrets, "serviceAccountTokenInSecrets is set but no tokenRequests are specified");
        }
    }
}
