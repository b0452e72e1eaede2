using Orchestrator.Api;
using Orchestrator.Api.Apps.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Strategies.Warnings;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Apps;
using Orchestrator.ApiServer.Validation.Pods;
using Orchestrator.ApiServer.Validation.Storage;

namespace Orchestrator.ApiServer.Strategies.Apps;

internal sealed class StatefulSetStrategy : ObjectStrategy<StatefulSet>
{
    protected override Func<string, IReadOnlyList<string>> NameFormat => Formats.DnsLabel;

    public override void Warnings(ApiObject obj, ApiObject? old, StrategyContext context)
    {
        var set = (StatefulSet)obj;
        if (old is null || old.Metadata.Generation != obj.Metadata.Generation)
        {
            // Warnings about what has been there all along help nobody.
            PodWarnings.ForTemplate(set.Spec.Template, FieldPath.Spec.Child("template"), ((StatefulSet?)old)?.Spec.Template, context.Warnings);
        }

        // Upstream writes the last part of this path in capitals.
        for (var i = 0; i < set.Spec.VolumeClaimTemplates.Count; i++)
        {
            ClaimWarnings.Add(set.Spec.VolumeClaimTemplates[i].Spec, FieldPath.Spec.Child("volumeClaimTemplates").Index(i).Child("Spec"), context.Warnings);
        }

        if (set.Spec.RevisionHistoryLimit < 0)
        {
            context.Warnings.Add("spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended");
        }
    }

    protected override void Prepare(StatefulSet obj, StrategyContext context)
    {
        DisabledFields.Drop(obj.Spec.Template.Spec);
        DropDisabled(obj);
    }

    protected override void PrepareUpdate(StatefulSet obj, StatefulSet old, StrategyContext context)
    {
        DisabledFields.Drop(obj.Spec.Template.Spec);
        DropDisabled(obj);
    }

    protected override void Check(StatefulSet obj, FieldErrorList errors)
    {
        var (spec, path) = (obj.Spec, FieldPath.Spec);
        switch (spec.PodManagementPolicy)
        {
            case "":
                errors.Missing(path, "podManagementPolicy");
                break;
            case not ("OrderedReady" or "Parallel"):
                errors.Invalid(path, "podManagementPolicy", spec.PodManagementPolicy, "must be 'OrderedReady' or 'Parallel'");
                break;
        }

        Strategy(spec.UpdateStrategy, path, errors);
        Retention(spec, path, errors);
        errors.NonNegative(path, "replicas", spec.Replicas);
        errors.NonNegative(path, "minReadySeconds", spec.MinReadySeconds);
        errors.NonNegative(path.Child("ordinals"), "start", spec.Ordinals?.Start);
        if (spec.ServiceName.Length > 0)
        {
            errors.InvalidEach(path, "serviceName", spec.ServiceName, Formats.DnsLabel(spec.ServiceName));
        }

        if (spec.Selector is null)
        {
            errors.Missing(path, "selector");
        }
        else
        {
            SelectorValidator.Validate(spec.Selector, path.Child("selector"), errors);
            if (spec.Selector.MatchLabels.Count + spec.Selector.MatchExpressions.Count == 0)
            {
                errors.Invalid(path, "selector", spec.Selector, "empty selector is invalid for statefulset");
            }
        }

        if (spec.Selector is { } selector && !Selectors.IsConvertible(selector))
        {
            errors.Invalid(path, "selector", selector, "");
        }
        else
        {
            Template(spec, errors);
        }

        var pod = path.Child("template").Child("spec");
        if (spec.Template.Spec.RestartPolicy is not ("Always" or ""))
        {
            errors.NotSupportedInOrder(pod.Child("restartPolicy"), spec.Template.Spec.RestartPolicy, "Always");
        }

        if (spec.Template.Spec.ActiveDeadlineSeconds is not null)
        {
            errors.Forbidden(pod, "activeDeadlineSeconds", "activeDeadlineSeconds in StatefulSet is not Supported");
        }

        for (var i = 0; i < spec.VolumeClaimTemplates.Count; i++)
        {
            ClaimValidator.Spec(spec.VolumeClaimTemplates[i].Spec, path.Child("volumeClaimTemplates").Index(i).Child("spec"), errors);
        }
    }

    protected override void CheckUpdate(StatefulSet obj, StatefulSet old, FieldErrorList errors)
    {
        Check(obj, errors);
        var munged = obj.Spec with
        {
            Replicas = old.Spec.Replicas,
            Template = old.Spec.Template,
            UpdateStrategy = old.Spec.UpdateStrategy,
            MinReadySeconds = old.Spec.MinReadySeconds,
            Ordinals = old.Spec.Ordinals,
            RevisionHistoryLimit = old.Spec.RevisionHistoryLimit,
            PersistentVolumeClaimRetentionPolicy = old.Spec.PersistentVolumeClaimRetentionPolicy,
        };
        if (!Semantic.Equal(munged, old.Spec))
        {
            errors.Forbidden(FieldPath.Root("spec"), "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit',"
                + " 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden");
        }
    }

    /// <summary>The gate MaxUnavailableStatefulSet is off in this release.</summary>
    private static void DropDisabled(StatefulSet set) =>
        set.Spec.UpdateStrategy.RollingUpdate?.Set(RollingUpdateStatefulSetStrategy.Fields.MaxUnavailable, null);

    private static void Strategy(StatefulSetUpdateStrategy strategy, FieldPath path, FieldErrorList errors)
    {
        var at = path.Child("updateStrategy");
        switch (strategy.Type)
        {
            case "":
                errors.Required(at);
                break;
            case "OnDelete":
                if (strategy.RollingUpdate is not null)
                {
                    errors.Invalid(at, "rollingUpdate", new InternalValue(strategy.RollingUpdate), "only allowed for updateStrategy 'RollingUpdate'");
                }

                break;
            case "RollingUpdate":
                if (strategy.RollingUpdate is { } rolling)
                {
                    errors.NonNegative(at.Child("rollingUpdate"), "partition", rolling.Partition ?? 0);
                    if (rolling.MaxUnavailable is { } unavailable)
                    {
                        WorkloadValidator.CountOrPercent(unavailable, at.Child("rollingUpdate"), "maxUnavailable", errors);
                        if (WorkloadValidator.IsZero(unavailable))
                        {
                            errors.Invalid(at.Child("rollingUpdate"), "maxUnavailable", unavailable, "cannot be 0");
                        }

                        WorkloadValidator.NotAboveHundredPercent(unavailable, at.Child("rollingUpdate"), "maxUnavailable", errors);
                    }
                }

                break;
            default:
                errors.Invalid(at, new InternalValue(strategy), "must be 'RollingUpdate' or 'OnDelete'");
                break;
        }
    }

    private static void Retention(StatefulSetSpec spec, FieldPath path, FieldErrorList errors)
    {
        if (spec.PersistentVolumeClaimRetentionPolicy is { } policy)
        {
            var at = path.Child("persistentVolumeClaimRetentionPolicy");
            errors.OneOf(at, "whenDeleted", policy.WhenDeleted, "Retain", "Delete");
            errors.OneOf(at, "whenScaled", policy.WhenScaled, "Retain", "Delete");
        }
    }

    private static void Template(StatefulSetSpec spec, FieldErrorList errors)
    {
        var path = FieldPath.Spec.Child("template");
        var template = spec.Template;
        if (spec.Selector is null || !Selectors.Matches(spec.Selector, template.Metadata.Labels))
        {
            errors.Invalid(path.Child("metadata"), "labels", WorkloadValidator.Labels(template), "`selector` does not match template `labels`");
        }

        // Claims that the controller makes count as volumes of the template.
        var volumes = template.Spec.Volumes.Concat(spec.VolumeClaimTemplates
            .Where(c => c.Metadata.Name.Length > 0 && !template.Spec.Volumes.Any(v => v.Name == c.Metadata.Name))
            .Select(static c => new Volume { Name = c.Metadata.Name, PersistentVolumeClaim = new() { ClaimName = c.Metadata.Name } })).ToApiList();
        PodValidator.Template(template with { Spec = template.Spec with { Volumes = volumes } }, path, errors);
    }
}
