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
using Orchestrator.ApiServer.Strategies.Apps;
using Orchestrator.ApiServer.Strategies.Batch;
using Orchestrator.ApiServer.Strategies.Core;
using Autoscaler = Orchestrator.Api.Autoscaling.V2.HorizontalPodAutoscaler;
using Devices = Orchestrator.Api.Resources.V1;

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
        Add<CronJob>(new CronJobStrategy(), new StatusStrategy<CronJob>());
        Add<Autoscaler>(new PlainStrategy<Autoscaler>(), new StatusStrategy<Autoscaler>());
        Add<Ingress>(new PlainStrategy<Ingress>(), new StatusStrategy<Ingress>());
        Add<IngressClass>(new PlainStrategy<IngressClass>());
        Add<NetworkPolicy>(new PlainStrategy<NetworkPolicy>());
        Add<IPAddress>(new PlainStrategy<IPAddress>());
        Add<ServiceCIDR>(new PlainStrategy<ServiceCIDR>(), new StatusStrategy<ServiceCIDR>());
        Add<EndpointSlice>(new PlainStrategy<EndpointSlice>());
        Add<Lease>(new PlainStrategy<Lease>());
        Add<Role>(new RbacStrategy<Role>());
        Add<ClusterRole>(new RbacStrategy<ClusterRole>());
        Add<RoleBinding>(new RbacStrategy<RoleBinding>());
        Add<ClusterRoleBinding>(new RbacStrategy<ClusterRoleBinding>());
        Add<PodDisruptionBudget>(new PlainStrategy<PodDisruptionBudget>(), new StatusStrategy<PodDisruptionBudget>());
        Add<StorageClass>(new PlainStrategy<StorageClass>());
        Add<CSIDriver>(new PlainStrategy<CSIDriver>());
        Add<CSINode>(new PlainStrategy<CSINode>());
        Add<CSIStorageCapacity>(new PlainStrategy<CSIStorageCapacity>());
        Add<VolumeAttachment>(new PlainStrategy<VolumeAttachment>(), new StatusStrategy<VolumeAttachment>(StatusMetadata.All));
        Add<VolumeAttributesClass>(new PlainStrategy<VolumeAttributesClass>());
        Add<PriorityClass>(new PlainStrategy<PriorityClass>());
        Add<RuntimeClass>(new PlainStrategy<RuntimeClass>());
        Add<CertificateSigningRequest>(new PlainStrategy<CertificateSigningRequest>(), new StatusStrategy<CertificateSigningRequest>());
        Add<ValidatingWebhookConfiguration>(new PlainStrategy<ValidatingWebhookConfiguration>());
        Add<MutatingWebhookConfiguration>(new PlainStrategy<MutatingWebhookConfiguration>());
        Add<ValidatingAdmissionPolicy>(new PlainStrategy<ValidatingAdmissionPolicy>(), new StatusStrategy<ValidatingAdmissionPolicy>(StatusMetadata.All));
        Add<ValidatingAdmissionPolicyBinding>(new PlainStrategy<ValidatingAdmissionPolicyBinding>());
        Add<MutatingAdmissionPolicy>(new PlainStrategy<MutatingAdmissionPolicy>());
        Add<MutatingAdmissionPolicyBinding>(new PlainStrategy<MutatingAdmissionPolicyBinding>());
        Add<CustomResourceDefinition>(new PlainStrategy<CustomResourceDefinition>(), new StatusStrategy<CustomResourceDefinition>(StatusMetadata.All));
        Add<APIService>(new PlainStrategy<APIService>(), new StatusStrategy<APIService>(StatusMetadata.All));
        Add<FlowSchema>(new PlainStrategy<FlowSchema>(), new StatusStrategy<FlowSchema>(StatusMetadata.All));
        Add<PriorityLevelConfiguration>(new PlainStrategy<PriorityLevelConfiguration>(), new StatusStrategy<PriorityLevelConfiguration>(StatusMetadata.All));
        Add<Devices.DeviceClass>(new PlainStrategy<Devices.DeviceClass>());
        Add<Devices.ResourceClaim>(new PlainStrategy<Devices.ResourceClaim>(), new StatusStrategy<Devices.ResourceClaim>(StatusMetadata.All));
        Add<Devices.ResourceClaimTemplate>(new PlainStrategy<Devices.ResourceClaimTemplate>());
        Add<Devices.ResourceSlice>(new PlainStrategy<Devices.ResourceSlice>());
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
