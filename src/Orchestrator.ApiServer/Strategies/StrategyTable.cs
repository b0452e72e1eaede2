using System.Collections.Frozen;
using Orchestrator.Api;
using Orchestrator.Api.AdmissionRegistration.V1;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.Api.ApiRegistration.V1;
using Orchestrator.Api.Apps.V1;
using Orchestrator.Api.Batch.V1;
using Orchestrator.Api.Certificates.V1;
using Orchestrator.Api.Coordination.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Discovery.V1;
using Orchestrator.Api.FlowControl.V1;
using Orchestrator.Api.Networking.V1;
using Orchestrator.Api.Node.V1;
using Orchestrator.Api.Policy.V1;
using Orchestrator.Api.Rbac.V1;
using Orchestrator.Api.Scheduling.V1;
using Orchestrator.Api.Storage.V1;
using Orchestrator.ApiServer.Strategies.Admission;
using Orchestrator.ApiServer.Strategies.Apps;
using Orchestrator.ApiServer.Strategies.Batch;
using Orchestrator.ApiServer.Strategies.Cluster;
using Orchestrator.ApiServer.Strategies.Core;
using Orchestrator.ApiServer.Strategies.Devices;
using Orchestrator.ApiServer.Strategies.Extensions;
using Orchestrator.ApiServer.Strategies.FlowControl;
using Orchestrator.ApiServer.Strategies.Networking;
using Orchestrator.ApiServer.Strategies.Policy;
using Orchestrator.ApiServer.Strategies.Rbac;
using Orchestrator.ApiServer.Strategies.Storage;
using Autoscaler = Orchestrator.Api.Autoscaling.V2.HorizontalPodAutoscaler;
using Resources = Orchestrator.Api.Resources.V1;

namespace Orchestrator.ApiServer.Strategies;

/// <summary>The strategy of every built-in resource and of its subresources that change the object.</summary>
public static class StrategyTable
{
    private static readonly FrozenDictionary<(string Group, string Resource, string Subresource), ResourceStrategy> All = Build();

    /// <summary>The strategy of a resource, or of a subresource (<c>status</c>, <c>ephemeralcontainers</c>, <c>resize</c>, <c>approval</c>, <c>finalize</c>); null if there is none.</summary>
    public static ResourceStrategy? Find(string group, string resource, string subresource = "") => All.GetValueOrDefault((group, resource, subresource));

    private static FrozenDictionary<(string, string, string), ResourceStrategy> Build()
    {
        var table = new Dictionary<(string, string, string), ResourceStrategy>();
        Add<Pod>(new PodStrategy(), new PodStatusStrategy());
        table[("", "pods", "ephemeralcontainers")] = new EphemeralContainersStrategy();
        table[("", "pods", "resize")] = new PodResizeStrategy();
        Add<ConfigMap>(new ConfigMapStrategy());
        Add<Secret>(new SecretStrategy());
        Add<Service>(new ServiceStrategy(), new ServiceStatusStrategy());
        Add<Namespace>(new NamespaceStrategy(), new NamespaceStatusStrategy());
        Add<Node>(new NodeStrategy(), new NodeStatusStrategy());
        Add<ServiceAccount>(new ServiceAccountStrategy());
        Add<PersistentVolumeClaim>(new PersistentVolumeClaimStrategy(), new PersistentVolumeClaimStatusStrategy());
        Add<PersistentVolume>(new PersistentVolumeStrategy(), new PersistentVolumeStatusStrategy());
        Add<Endpoints>(new EndpointsStrategy());
        Add<Event>(new EventStrategy(isNewApi: false));
        table[("events.k8s.io", "events", "")] = new EventStrategy(isNewApi: true);
        table[("", "namespaces", "finalize")] = new NamespaceFinalizeStrategy();
        Add<LimitRange>(new LimitRangeStrategy());
        Add<ResourceQuota>(new ResourceQuotaStrategy(), new ResourceQuotaStatusStrategy());
        Add<ReplicationController>(new ReplicationControllerStrategy(), new ReplicationControllerStatusStrategy());
        Add<PodTemplate>(new PodTemplateStrategy());
        Add<Deployment>(new Apps.DeploymentStrategy(), new DeploymentStatusStrategy());
        Add<ReplicaSet>(new ReplicaSetStrategy(), new ReplicaSetStatusStrategy());
        Add<StatefulSet>(new StatefulSetStrategy(), new StatefulSetStatusStrategy());
        Add<DaemonSet>(new DaemonSetStrategy(), new DaemonSetStatusStrategy());
        Add<ControllerRevision>(new ControllerRevisionStrategy());
        Add<Job>(new JobStrategy(), new JobStatusStrategy());
        Add<CronJob>(new CronJobStrategy(), new CronJobStatusStrategy());
        Add<Autoscaler>(new AutoscalerStrategy(), new AutoscalerStatusStrategy());
        Add<Ingress>(new IngressStrategy(), new IngressStatusStrategy());
        Add<IngressClass>(new IngressClassStrategy());
        Add<NetworkPolicy>(new NetworkPolicyStrategy());
        Add<IPAddress>(new IPAddressStrategy());
        Add<ServiceCIDR>(new ServiceCIDRStrategy(), new StatusStrategy<ServiceCIDR>());
        Add<EndpointSlice>(new EndpointSliceStrategy());
        Add<Lease>(new LeaseStrategy());
        Add<Role>(new RoleStrategy());
        Add<ClusterRole>(new ClusterRoleStrategy());
        Add<RoleBinding>(new RoleBindingStrategy());
        Add<ClusterRoleBinding>(new ClusterRoleBindingStrategy());
        Add<PodDisruptionBudget>(new PodDisruptionBudgetStrategy(), new PodDisruptionBudgetStatusStrategy());
        Add<StorageClass>(new StorageClassStrategy());
        Add<CSIDriver>(new CSIDriverStrategy());
        Add<CSINode>(new CSINodeStrategy());
        Add<CSIStorageCapacity>(new CSIStorageCapacityStrategy());
        Add<VolumeAttachment>(new VolumeAttachmentStrategy(), new VolumeAttachmentStatusStrategy());
        Add<VolumeAttributesClass>(new VolumeAttributesClassStrategy());
        Add<PriorityClass>(new PriorityClassStrategy());
        Add<RuntimeClass>(new RuntimeClassStrategy());
        Add<CertificateSigningRequest>(new CertificateSigningRequestStrategy(), new CertificateSigningRequestStatusStrategy());
        Add<ValidatingWebhookConfiguration>(new ValidatingWebhookConfigurationStrategy());
        Add<MutatingWebhookConfiguration>(new MutatingWebhookConfigurationStrategy());
        Add<ValidatingAdmissionPolicy>(new ValidatingAdmissionPolicyStrategy(), new ValidatingAdmissionPolicyStatusStrategy());
        Add<ValidatingAdmissionPolicyBinding>(new ValidatingAdmissionPolicyBindingStrategy());
        Add<MutatingAdmissionPolicy>(new MutatingAdmissionPolicyStrategy());
        Add<MutatingAdmissionPolicyBinding>(new MutatingAdmissionPolicyBindingStrategy());
        Add<CustomResourceDefinition>(new CustomResourceDefinitionStrategy(), new CustomResourceDefinitionStatusStrategy());
        Add<APIService>(new APIServiceStrategy(), new APIServiceStatusStrategy());
        Add<FlowSchema>(new FlowSchemaStrategy(), new FlowSchemaStatusStrategy());
        Add<PriorityLevelConfiguration>(new PriorityLevelStrategy(), new PriorityLevelStatusStrategy());
        Add<Resources.DeviceClass>(new DeviceClassStrategy());
        Add<Resources.ResourceClaim>(new ResourceClaimStrategy(), new ResourceClaimStatusStrategy());
        Add<Resources.ResourceClaimTemplate>(new ResourceClaimTemplateStrategy());
        Add<Resources.ResourceSlice>(new ResourceSliceStrategy());
        table[("certificates.k8s.io", "certificatesigningrequests", "approval")] = new CertificateApprovalStrategy();
        return table.ToFrozenDictionary();

        void Add<T>(ResourceStrategy main, ResourceStrategy? status = null)
            where T : ApiObject, IResourceObject<T>
        {
            table[(T.Resource.Group, T.Resource.Resource, "")] = main;
            if (status is not null)
            {
                table[(T.Resource.Group, T.Resource.Resource, "status")] = status;
            }
        }
    }
}
