using Orchestrator.Api;

namespace Orchestrator.ApiServer.Http;

/// <summary>Kinds that upstream's scheme knows besides the objects themselves: lists, options, watch events; and versions that are no longer served.</summary>
internal static class MachineryKinds
{
    /// <summary>What every group's versions have.</summary>
    private static readonly HashSet<string> InEveryVersion = ["WatchEvent", "ListOptions", "GetOptions", "DeleteOptions", "CreateOptions", "UpdateOptions", "PatchOptions"];

    /// <summary>What the core group has alone.</summary>
    private static readonly HashSet<string> InCore = ["List", "Status", "APIVersions", "APIGroup", "APIGroupList", "APIResourceList", "RangeAllocation", "SerializedReference", "PodStatusResult", "PodProxyOptions", "PodLogOptions", "PodExecOptions", "PodAttachOptions", "PodPortForwardOptions", "NodeProxyOptions", "ServiceProxyOptions"];

    /// <summary>Versions that the scheme still converts although no server serves them.</summary>
    private static readonly Dictionary<string, HashSet<string>> Retired = new()
    {
        ["apps/v1beta1"] = ["Deployment", "StatefulSet", "ControllerRevision", "Scale"],
        ["apps/v1beta2"] = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ControllerRevision", "Scale"],
        ["extensions/v1beta1"] = ["Deployment", "DaemonSet", "ReplicaSet", "Ingress", "NetworkPolicy", "Scale"],
        ["autoscaling/v2beta1"] = ["HorizontalPodAutoscaler"],
        ["autoscaling/v2beta2"] = ["HorizontalPodAutoscaler"],
        ["batch/v1beta1"] = ["CronJob"],
        ["policy/v1beta1"] = ["PodDisruptionBudget", "Eviction"],
        ["networking.k8s.io/v1beta1"] = ["Ingress", "IngressClass", "IPAddress", "ServiceCIDR"],
        ["rbac.authorization.k8s.io/v1alpha1"] = ["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"],
        ["rbac.authorization.k8s.io/v1beta1"] = ["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"],
        ["storage.k8s.io/v1beta1"] = ["StorageClass", "VolumeAttachment", "CSIDriver", "CSINode", "CSIStorageCapacity", "VolumeAttributesClass"],
        ["storage.k8s.io/v1alpha1"] = ["VolumeAttachment", "CSIStorageCapacity", "VolumeAttributesClass"],
        ["scheduling.k8s.io/v1alpha1"] = ["PriorityClass"],
        ["scheduling.k8s.io/v1beta1"] = ["PriorityClass"],
        ["coordination.k8s.io/v1beta1"] = ["Lease"],
        ["discovery.k8s.io/v1beta1"] = ["EndpointSlice"],
        ["events.k8s.io/v1beta1"] = ["Event"],
        ["node.k8s.io/v1alpha1"] = ["RuntimeClass"],
        ["node.k8s.io/v1beta1"] = ["RuntimeClass"],
        ["certificates.k8s.io/v1beta1"] = ["CertificateSigningRequest"],
        ["admissionregistration.k8s.io/v1beta1"] = ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"],
        ["flowcontrol.apiserver.k8s.io/v1beta1"] = ["FlowSchema", "PriorityLevelConfiguration"],
        ["flowcontrol.apiserver.k8s.io/v1beta2"] = ["FlowSchema", "PriorityLevelConfiguration"],
        ["flowcontrol.apiserver.k8s.io/v1beta3"] = ["FlowSchema", "PriorityLevelConfiguration"],
        ["authentication.k8s.io/v1beta1"] = ["TokenReview", "SelfSubjectReview"],
        ["authorization.k8s.io/v1beta1"] = ["SubjectAccessReview", "LocalSubjectAccessReview", "SelfSubjectAccessReview", "SelfSubjectRulesReview"],
    };

    /// <summary>Whether the scheme knows a kind that is no object of its own.</summary>
    public static bool IsRegistered(string apiVersion, string kind)
    {
        if (apiVersion == "v1" && InCore.Contains(kind))
        {
            return true;
        }

        const string List = "List";
        if (kind.EndsWith(List, StringComparison.Ordinal) && ApiTypes.FindKind(apiVersion, kind[..^List.Length]) is not null)
        {
            return true;
        }

        return InEveryVersion.Contains(kind) && ResourceTable.All.Any(r => r.ApiVersion == apiVersion);
    }

    public static bool WasServed(string apiVersion, string kind) => Retired.TryGetValue(apiVersion, out var kinds) && kinds.Contains(kind);
}
