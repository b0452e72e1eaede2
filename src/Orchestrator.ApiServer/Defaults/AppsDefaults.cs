using Orchestrator.Api;
using Orchestrator.Api.Apps.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Defaults;

/// <summary>Workloads of the apps group.</summary>
internal static class AppsDefaults
{
    /// <summary>Counts the changes of a DaemonSet's template.</summary>
    public const string TemplateGeneration = "deprecated.daemonset.template.generation";

    public static void Deployment(Deployment deployment)
    {
        var spec = deployment.Own<DeploymentSpec>(Api.Apps.V1.Deployment.Fields.Spec);
        spec.Default(DeploymentSpec.Fields.Replicas, 1);
        var strategy = spec.Own<DeploymentStrategy>(DeploymentSpec.Fields.Strategy);
        strategy.Default(DeploymentStrategy.Fields.Type, "RollingUpdate");
        if (strategy.Type == "RollingUpdate")
        {
            var rolling = strategy.Own<RollingUpdateDeployment>(DeploymentStrategy.Fields.RollingUpdate);
            rolling.Default(RollingUpdateDeployment.Fields.MaxUnavailable, new IntOrString("25%"));
            rolling.Default(RollingUpdateDeployment.Fields.MaxSurge, new IntOrString("25%"));
        }

        spec.Default(DeploymentSpec.Fields.RevisionHistoryLimit, 10);
        spec.Default(DeploymentSpec.Fields.ProgressDeadlineSeconds, 600);
        PodDefaults.Template(spec.Own<PodTemplateSpec>(DeploymentSpec.Fields.Template));
    }

    public static void ReplicaSet(ReplicaSet set)
    {
        var spec = set.Own<ReplicaSetSpec>(Api.Apps.V1.ReplicaSet.Fields.Spec);
        spec.Default(ReplicaSetSpec.Fields.Replicas, 1);
        PodDefaults.Template(spec.Own<PodTemplateSpec>(ReplicaSetSpec.Fields.Template));
    }

    public static void StatefulSet(StatefulSet set)
    {
        var spec = set.Own<StatefulSetSpec>(Api.Apps.V1.StatefulSet.Fields.Spec);
        spec.Default(StatefulSetSpec.Fields.PodManagementPolicy, "OrderedReady");
        var strategy = spec.Own<StatefulSetUpdateStrategy>(StatefulSetSpec.Fields.UpdateStrategy);
        if (strategy.Type.Length == 0)
        {
            strategy.Set(StatefulSetUpdateStrategy.Fields.Type, "RollingUpdate");
            strategy.Own<RollingUpdateStatefulSetStrategy>(StatefulSetUpdateStrategy.Fields.RollingUpdate);
        }

        if (strategy.Type == "RollingUpdate")
        {
            strategy.RollingUpdate?.Default(RollingUpdateStatefulSetStrategy.Fields.Partition, 0);
        }

        var retention = spec.Own<StatefulSetPersistentVolumeClaimRetentionPolicy>(StatefulSetSpec.Fields.PersistentVolumeClaimRetentionPolicy);
        retention.Default(StatefulSetPersistentVolumeClaimRetentionPolicy.Fields.WhenDeleted, "Retain");
        retention.Default(StatefulSetPersistentVolumeClaimRetentionPolicy.Fields.WhenScaled, "Retain");
        spec.Default(StatefulSetSpec.Fields.Replicas, 1);
        spec.Default(StatefulSetSpec.Fields.RevisionHistoryLimit, 10);
        PodDefaults.Template(spec.Own<PodTemplateSpec>(StatefulSetSpec.Fields.Template));
        foreach (var claim in spec.VolumeClaimTemplates)
        {
            claim.Default(ApiObject.KindSlot, "PersistentVolumeClaim");
            claim.Default(ApiObject.ApiVersionSlot, "v1");
            VolumeDefaults.PersistentVolumeClaim(claim);
        }
    }

    public static void DaemonSet(DaemonSet set)
    {
        // A field of the internal type that v1 only has as an annotation: whoever writes the object writes it too.
        var metadata = set.Own<ObjectMeta>(ApiObject.MetadataSlot);
        if (!metadata.Annotations.ContainsKey(TemplateGeneration))
        {
            metadata.OwnMap<string>(ObjectMeta.Fields.Annotations).SetSlot(TemplateGeneration, "0");
        }

        var spec = set.Own<DaemonSetSpec>(Api.Apps.V1.DaemonSet.Fields.Spec);
        var strategy = spec.Own<DaemonSetUpdateStrategy>(DaemonSetSpec.Fields.UpdateStrategy);
        strategy.Default(DaemonSetUpdateStrategy.Fields.Type, "RollingUpdate");
        if (strategy.Type == "RollingUpdate")
        {
            var rolling = strategy.Own<RollingUpdateDaemonSet>(DaemonSetUpdateStrategy.Fields.RollingUpdate);
            rolling.Default(RollingUpdateDaemonSet.Fields.MaxUnavailable, new IntOrString(1));
            rolling.Default(RollingUpdateDaemonSet.Fields.MaxSurge, new IntOrString(0));
        }

        spec.Default(DaemonSetSpec.Fields.RevisionHistoryLimit, 10);
        PodDefaults.Template(spec.Own<PodTemplateSpec>(DaemonSetSpec.Fields.Template));
    }
}
