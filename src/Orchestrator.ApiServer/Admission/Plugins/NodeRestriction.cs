using Orchestrator.Api;
using Orchestrator.Api.Authentication.V1;
using Orchestrator.Api.Coordination.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Policy.V1;
using Orchestrator.Api.Resources.V1;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission.Plugins;

/// <summary>A node's agent changes its own node and lease, the status of its own pods, and takes tokens of its own pods; nothing else.</summary>
internal sealed class NodeRestriction(IObjectLister objects) : IMutatingAdmission
{
    public string Name => "NodeRestriction";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) =>
        operation != AdmissionOperation.Connect && (resource.Group, resource.Resource) is
            ("", "pods") or ("", "nodes") or ("", "persistentvolumeclaims") or ("", "serviceaccounts") or ("coordination.k8s.io", "leases")
            or ("storage.k8s.io", "csinodes") or ("resource.k8s.io", "resourceslices");

    public ValueTask AdmitAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (Groups.NodeOf(attributes.User) is not { } node)
        {
            return default;
        }

        switch (attributes.Resource.Resource)
        {
            case "pods":
                CheckPod(node, attributes);
                break;
            case "nodes":
                CheckNode(node, attributes);
                break;
            case "persistentvolumeclaims":
                CheckClaim(node, attributes);
                break;
            case "serviceaccounts":
                CheckToken(node, attributes);
                break;
            case "leases":
                CheckLease(node, attributes);
                break;
            case "csinodes":
                if ((attributes.Operation == AdmissionOperation.Create ? (attributes.Object as ApiObject)?.Metadata.Name : attributes.Name) != node)
                {
                    throw attributes.Forbidden("can only access CSINode with the same name as the requesting node");
                }

                break;
            case "resourceslices":
                if (attributes.Operation == AdmissionOperation.Create && (attributes.Object as ResourceSlice)?.Spec.NodeName != node)
                {
                    throw attributes.Forbidden("can only create ResourceSlice with the same NodeName as the requesting node");
                }

                break;
        }

        return default;
    }

    private void CheckPod(string node, AdmissionAttributes attributes)
    {
        switch (attributes.Subresource)
        {
            case "" when attributes.Operation == AdmissionOperation.Create:
                CheckMirrorPod(node, attributes);
                break;
            case "" when attributes.Operation == AdmissionOperation.Delete:
                if (FindPod(attributes, attributes.Name).Spec.NodeName != node)
                {
                    throw attributes.Forbidden($"node \"{node}\" can only delete pods with spec.nodeName set to itself");
                }

                break;
            case "":
                throw attributes.Forbidden($"unexpected operation \"{attributes.OperationName}\", node \"{node}\" can only create and delete mirror pods");
            case "status" when attributes is { Operation: AdmissionOperation.Update, Object: Pod pod, OldObject: Pod old }:
                if (old.Spec.NodeName != node)
                {
                    throw attributes.Forbidden($"node \"{node}\" can only update pod status for pods with spec.nodeName set to itself");
                }

                if (!pod.Metadata.Labels.Equals(old.Metadata.Labels))
                {
                    throw attributes.Forbidden($"node \"{node}\" cannot update labels through pod status");
                }

                if (!pod.Status.ResourceClaimStatuses.Equals(old.Status.ResourceClaimStatuses))
                {
                    throw attributes.Forbidden($"node \"{node}\" cannot update resource claim statuses");
                }

                break;
            case "eviction" when attributes is { Operation: AdmissionOperation.Create, Object: Eviction eviction }:
                var name = attributes.Name.Length > 0 ? attributes.Name : eviction.Metadata.Name;
                if (name.Length == 0)
                {
                    throw attributes.Forbidden("could not determine pod from request data");
                }

                if (FindPod(attributes, name).Spec.NodeName != node)
                {
                    throw attributes.Forbidden($"node {node} can only evict pods with spec.nodeName set to itself");
                }

                break;
            case "status" or "eviction":
                throw attributes.Forbidden($"unexpected operation \"{attributes.OperationName}\"");
            default:
                throw attributes.Forbidden($"unexpected pod subresource \"{attributes.Subresource}\", only 'status' and 'eviction' are allowed");
        }
    }

    private void CheckMirrorPod(string node, AdmissionAttributes attributes)
    {
        if (attributes.Object is not Pod pod)
        {
            return;
        }

        if (!PodReferences.IsMirror(pod))
        {
            throw attributes.Forbidden($"pod does not have \"{PodReferences.MirrorAnnotation}\" annotation, node \"{node}\" can only create mirror pods");
        }

        if (pod.Spec.NodeName != node)
        {
            throw attributes.Forbidden($"node \"{node}\" can only create pods with spec.nodeName set to itself");
        }

        var owners = pod.Metadata.OwnerReferences;
        if (owners.Count > 1)
        {
            throw attributes.Forbidden($"node \"{node}\" can only create pods with a single owner reference set to itself");
        }

        if (owners.Count == 0 || owners[0] is not { ApiVersion: "v1", Kind: "Node" } || owners[0].Name != node)
        {
            throw attributes.Forbidden($"node \"{node}\" can only create pods with an owner reference set to itself");
        }

        if (owners[0].Controller != true)
        {
            throw attributes.Forbidden($"node \"{node}\" can only create pods with a controller owner reference set to itself");
        }

        if (owners[0].BlockOwnerDeletion == true)
        {
            throw attributes.Forbidden($"node \"{node}\" must not set blockOwnerDeletion on an owner reference");
        }

        var found = objects.Get<Node>("", node) ?? throw Errors.NotFound("", "nodes", node);
        if (owners[0].Uid != found.Metadata.Uid)
        {
            throw attributes.Forbidden($"node {node} UID mismatch: expected {owners[0].Uid} got {found.Metadata.Uid}");
        }

        var what = pod.Spec.ServiceAccountName.Length > 0 ? "a service account"
            : PodReferences.Secrets(pod.Spec).Any() ? "secrets"
            : PodReferences.ConfigMaps(pod.Spec).Any() ? "configmaps"
            : PodReferences.Claims(pod).Any() ? "persistentvolumeclaims"
            : pod.Spec.Volumes.Any(static v => v.Projected?.Sources.Any(static s => s.ClusterTrustBundle is not null) == true) ? "clustertrustbundles"
            : pod.Spec.ResourceClaims.Count > 0 ? "resourceclaims"
            : "";
        if (what.Length > 0)
        {
            throw attributes.Forbidden($"node \"{node}\" can not create pods that reference {what}");
        }
    }

    private static void CheckNode(string node, AdmissionAttributes attributes)
    {
        var requested = attributes.Name;
        var made = attributes.Object as Node;
        if (attributes.Operation == AdmissionOperation.Create && made is not null)
        {
            if (made.Spec.ConfigSource is not null)
            {
                throw attributes.Forbidden($"node \"{node}\" is not allowed to create pods with a non-nil configSource");
            }

            if (ForbiddenLabels(made.Metadata.Labels, ApiMap<string>.Empty) is { Length: > 0 } labels)
            {
                throw attributes.Forbidden($"node \"{node}\" is not allowed to set the following labels: {labels}");
            }

            requested = requested.Length > 0 ? requested : made.Metadata.Name;
        }

        if (requested != node)
        {
            throw attributes.Forbidden($"node \"{node}\" is not allowed to modify node \"{requested}\"");
        }

        if (attributes.Operation == AdmissionOperation.Update && made is not null && attributes.OldObject is Node old)
        {
            if (made.Spec.ConfigSource is not null && !Values.DeepEquals(made.Spec.ConfigSource, old.Spec.ConfigSource))
            {
                throw attributes.Forbidden($"node \"{node}\" is not allowed to update configSource to a new non-nil configSource");
            }

            if (!made.Spec.Taints.Equals(old.Spec.Taints))
            {
                throw attributes.Forbidden($"node \"{node}\" is not allowed to modify taints");
            }

            if (ForbiddenLabels(made.Metadata.Labels, old.Metadata.Labels) is { Length: > 0 } labels)
            {
                throw attributes.Forbidden($"is not allowed to modify labels: {labels}");
            }

            if (!made.Metadata.OwnerReferences.Equals(old.Metadata.OwnerReferences))
            {
                throw attributes.Forbidden($"node \"{node}\" is not allowed to modify ownerReferences");
            }
        }
    }

    private static void CheckClaim(string node, AdmissionAttributes attributes)
    {
        if (attributes.Subresource != "status")
        {
            throw attributes.Forbidden("may only update PVC status");
        }

        if (attributes is not { Operation: AdmissionOperation.Update, Object: PersistentVolumeClaim claim, OldObject: PersistentVolumeClaim old })
        {
            throw attributes.Forbidden($"unexpected operation \"{attributes.OperationName}\"");
        }

        // What a resize on the node tells; everything else must stay as it is.
        var told = old with
        {
            Metadata = claim.Metadata,
            Status = old.Status with
            {
                Capacity = claim.Status.Capacity,
                Conditions = claim.Status.Conditions,
                AllocatedResources = claim.Status.AllocatedResources,
                AllocatedResourceStatuses = claim.Status.AllocatedResourceStatuses,
                CurrentVolumeAttributesClassName = claim.Status.CurrentVolumeAttributesClassName,
                ModifyVolumeStatus = claim.Status.ModifyVolumeStatus,
            },
        };
        if (!told.Equals(claim))
        {
            throw attributes.Forbidden($"node \"{node}\" is not allowed to update fields other than status.capacity and status.conditions");
        }
    }

    private void CheckToken(string node, AdmissionAttributes attributes)
    {
        if (attributes is not { Operation: AdmissionOperation.Create, Subresource: "token", Object: TokenRequest request })
        {
            return;
        }

        if (request.Spec.BoundObjectRef is not { ApiVersion: "v1", Kind: "Pod", Name.Length: > 0 } bound)
        {
            throw attributes.Forbidden("node requested token not bound to a pod");
        }

        if (bound.Uid.Length == 0)
        {
            throw attributes.Forbidden("node requested token with a pod binding without a uid");
        }

        var pod = FindPod(attributes, bound.Name);
        if (pod.Metadata.Uid != bound.Uid)
        {
            throw attributes.Forbidden(
                $"the UID in the bound object reference ({bound.Uid}) does not match the UID in record. The object might have been deleted and then recreated");
        }

        if (pod.Spec.NodeName != node)
        {
            throw attributes.Forbidden("node requested token bound to a pod scheduled on a different node");
        }

        CheckAudience(node, pod, request.Spec.Audiences, attributes);
    }

    /// <summary>A node takes tokens only for the recipients that the pod's volumes name.</summary>
    private void CheckAudience(string node, Pod pod, ApiList<string> audiences, AdmissionAttributes attributes)
    {
        if (audiences.Count > 1)
        {
            throw attributes.Forbidden("node may only request 0 or 1 audiences");
        }

        var audience = audiences.Count == 1 ? audiences[0] : "";
        foreach (var volume in pod.Spec.Volumes)
        {
            foreach (var source in volume.Projected?.Sources ?? [])
            {
                if (source.ServiceAccountToken is { } token && token.Audience == audience)
                {
                    return;
                }
            }

            var claimName = volume.PersistentVolumeClaim?.ClaimName ?? (volume.Ephemeral is null ? null : pod.Metadata.Name + "-" + volume.Name);
            var driverName = volume.Csi?.Driver
                ?? (claimName is not null && objects.Get<PersistentVolumeClaim>(attributes.Namespace, claimName) is { } claim
                    ? objects.Get<PersistentVolume>("", claim.Spec.VolumeName)?.Spec.Csi?.Driver
                    : null);
            if (driverName is not null && objects.Get<Api.Storage.V1.CSIDriver>("", driverName) is { } driver && driver.Spec.TokenRequests.Any(t => t.Audience == audience))
            {
                return;
            }
        }

        throw attributes.Forbidden($"audience \"{audience}\" not found in pod spec volume, system:node:{node} is not authorized to request tokens for this audience");
    }

    private static void CheckLease(string node, AdmissionAttributes attributes)
    {
        if (attributes.Namespace != "kube-node-lease")
        {
            throw attributes.Forbidden("can only access leases in the \"kube-node-lease\" system namespace");
        }

        if ((attributes.Operation == AdmissionOperation.Create ? (attributes.Object as Lease)?.Metadata.Name : attributes.Name) != node)
        {
            throw attributes.Forbidden("can only access node lease with the same name as the requesting node");
        }
    }

    private Pod FindPod(AdmissionAttributes attributes, string name) =>
        objects.Get<Pod>(attributes.Namespace, name) ?? throw Errors.NotFound("", "pods", name);

    /// <summary>The changed labels that only others may set: the restricted domain, and Kubernetes' own that are not the agent's.</summary>
    private static string ForbiddenLabels(ApiMap<string> labels, ApiMap<string> old)
    {
        var changed = labels.Where(l => !old.TryGetValue(l.Key, out var value) || value != l.Value).Select(static l => l.Key)
            .Concat(old.Where(l => !labels.ContainsKey(l.Key)).Select(static l => l.Key));
        return string.Join(", ", changed.Where(IsForbidden).Order(StringComparer.Ordinal));
    }

    private static bool IsForbidden(string label)
    {
        var slash = label.IndexOf('/', StringComparison.Ordinal);
        var domain = slash < 0 ? "" : label[..slash];
        if (IsOrBelow(domain, "node-restriction.kubernetes.io"))
        {
            return true;
        }

        return (IsOrBelow(domain, "kubernetes.io") || IsOrBelow(domain, "k8s.io"))
            && !IsOrBelow(domain, "kubelet.kubernetes.io") && !IsOrBelow(domain, "node.kubernetes.io")
            && label is not ("kubernetes.io/hostname" or "kubernetes.io/os" or "kubernetes.io/arch" or "beta.kubernetes.io/os" or "beta.kubernetes.io/arch"
                or "beta.kubernetes.io/instance-type" or "topology.kubernetes.io/zone" or "topology.kubernetes.io/region"
                or "failure-domain.beta.kubernetes.io/zone" or "failure-domain.beta.kubernetes.io/region");
    }

    private static bool IsOrBelow(string domain, string parent) =>
        domain == parent || (domain.Length > parent.Length && domain.EndsWith(parent, StringComparison.Ordinal) && domain[^(parent.Length + 1)] == '.');
}
