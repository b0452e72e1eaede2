using System.Collections.Frozen;
using Orchestrator.Api;
using Orchestrator.Api.AdmissionRegistration.V1;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.Api.ApiRegistration.V1;
using Orchestrator.Api.Apps.V1;
using Orchestrator.Api.Authentication.V1;
using Orchestrator.Api.Batch.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Discovery.V1;
using Orchestrator.Api.FlowControl.V1;
using Orchestrator.Api.Networking.V1;
using Orchestrator.Api.Node.V1;
using Orchestrator.Api.Rbac.V1;
using Orchestrator.Api.Resources.V1;
using Orchestrator.Api.Scheduling.V1;
using Orchestrator.Api.Storage.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Defaults;

/// <summary>Fills in the fields that a client left out, in place, for every kind that has defaults (upstream's SetDefaults functions).</summary>
/// <remarks>Runs after each decode of a request and after each patch, so it must be cheap and may run twice over one object.</remarks>
public static class Defaulting
{
    private static readonly FrozenDictionary<StructSchema, Action<ApiObject>> ByKind = new Dictionary<StructSchema, Action<ApiObject>>
    {
        [Pod.ApiType] = static o => PodDefaults.Pod((Pod)o),
        [PodTemplate.ApiType] = static o => PodDefaults.Template(o.Own<PodTemplateSpec>(PodTemplate.Fields.Template)),
        [ReplicationController.ApiType] = static o => CoreDefaults.ReplicationController((ReplicationController)o),
        [Service.ApiType] = static o => ServiceDefaults.Service((Service)o),
        [Namespace.ApiType] = static o => CoreDefaults.Namespace((Namespace)o),
        [Node.ApiType] = static o => CoreDefaults.Node((Node)o),
        [Secret.ApiType] = static o => CoreDefaults.Secret((Secret)o),
        [Endpoints.ApiType] = static o => CoreDefaults.Endpoints((Endpoints)o),
        [PersistentVolume.ApiType] = static o => VolumeDefaults.PersistentVolume((PersistentVolume)o),
        [PersistentVolumeClaim.ApiType] = static o => VolumeDefaults.PersistentVolumeClaim((PersistentVolumeClaim)o),
        [LimitRange.ApiType] = static o => CoreDefaults.LimitRange((LimitRange)o),
        [ResourceQuota.ApiType] = static o => CoreDefaults.ResourceQuota((ResourceQuota)o),
        [Deployment.ApiType] = static o => AppsDefaults.Deployment((Deployment)o),
        [ReplicaSet.ApiType] = static o => AppsDefaults.ReplicaSet((ReplicaSet)o),
        [StatefulSet.ApiType] = static o => AppsDefaults.StatefulSet((StatefulSet)o),
        [DaemonSet.ApiType] = static o => AppsDefaults.DaemonSet((DaemonSet)o),
        [Job.ApiType] = static o => BatchDefaults.Job((Job)o),
        [CronJob.ApiType] = static o => BatchDefaults.CronJob((CronJob)o),
        [Api.Autoscaling.V1.HorizontalPodAutoscaler.ApiType] = static o => AutoscalingDefaults.V1((Api.Autoscaling.V1.HorizontalPodAutoscaler)o),
        [Api.Autoscaling.V2.HorizontalPodAutoscaler.ApiType] = static o => AutoscalingDefaults.V2((Api.Autoscaling.V2.HorizontalPodAutoscaler)o),
        [NetworkPolicy.ApiType] = static o => NetworkingDefaults.NetworkPolicy((NetworkPolicy)o),
        [IngressClass.ApiType] = static o => NetworkingDefaults.IngressClass((IngressClass)o),
        [EndpointSlice.ApiType] = static o => NetworkingDefaults.EndpointSlice((EndpointSlice)o),
        [RoleBinding.ApiType] = static o => RbacDefaults.Binding(o, RoleBinding.Fields.RoleRef, ((RoleBinding)o).Subjects),
        [ClusterRoleBinding.ApiType] = static o => RbacDefaults.Binding(o, ClusterRoleBinding.Fields.RoleRef, ((ClusterRoleBinding)o).Subjects),
        [StorageClass.ApiType] = static o => StorageDefaults.StorageClass((StorageClass)o),
        [CSIDriver.ApiType] = static o => StorageDefaults.CsiDriver((CSIDriver)o),
        [PriorityClass.ApiType] = static o => o.Default(PriorityClass.Fields.PreemptionPolicy, "PreemptLowerPriority"),
        [RuntimeClass.ApiType] = static o => CoreDefaults.RuntimeClass((RuntimeClass)o),
        [Api.Authentication.V1.TokenRequest.ApiType] = static o => o.Own<TokenRequestSpec>(Api.Authentication.V1.TokenRequest.Fields.Spec).Default(TokenRequestSpec.Fields.ExpirationSeconds, 3600),
        [ValidatingWebhookConfiguration.ApiType] = static o => AdmissionDefaults.Validating((ValidatingWebhookConfiguration)o),
        [MutatingWebhookConfiguration.ApiType] = static o => AdmissionDefaults.Mutating((MutatingWebhookConfiguration)o),
        [ValidatingAdmissionPolicy.ApiType] = static o => AdmissionDefaults.Policy((ValidatingAdmissionPolicy)o),
        [ValidatingAdmissionPolicyBinding.ApiType] = static o => AdmissionDefaults.Binding((ValidatingAdmissionPolicyBinding)o),
        [MutatingAdmissionPolicy.ApiType] = static o => AdmissionDefaults.Policy((MutatingAdmissionPolicy)o),
        [MutatingAdmissionPolicyBinding.ApiType] = static o => AdmissionDefaults.Binding((MutatingAdmissionPolicyBinding)o),
        [CustomResourceDefinition.ApiType] = static o => ExtensionDefaults.CustomResourceDefinition((CustomResourceDefinition)o),
        [APIService.ApiType] = static o => ExtensionDefaults.ApiService((APIService)o),
        [FlowSchema.ApiType] = static o => o.Own<FlowSchemaSpec>(FlowSchema.Fields.Spec).Default(FlowSchemaSpec.Fields.MatchingPrecedence, 1000),
        [PriorityLevelConfiguration.ApiType] = static o => FlowControlDefaults.PriorityLevel((PriorityLevelConfiguration)o),
        [Api.Resources.V1.ResourceClaim.ApiType] = static o => DeviceDefaults.Claim(((Api.Resources.V1.ResourceClaim)o).Spec),
        [ResourceClaimTemplate.ApiType] = static o => DeviceDefaults.Claim(((ResourceClaimTemplate)o).Spec.Spec),
        [ResourceSlice.ApiType] = static o => DeviceDefaults.Slice((ResourceSlice)o, TimeProvider.System),
    }.ToFrozenDictionary();

    /// <summary>Fills in the defaults of an object that the request owns; kinds without defaults are left as they are.</summary>
    public static void Apply(ApiObject obj)
    {
        if (ByKind.TryGetValue(obj.TypeSchema, out var apply))
        {
            apply(obj);
        }
    }
}
