using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Rbac.V1;
using Orchestrator.Api.Storage.V1;
using Orchestrator.ApiServer.Access.Rbac;
using Orchestrator.ApiServer.Admission;
using Orchestrator.ApiServer.Identity;

namespace Orchestrator.ApiServer.Access.Nodes;

/// <summary>
/// What a node's agent may do: read what the pods on its node use, and otherwise what the role <c>system:node</c> says. Has no opinion about others.
/// </summary>
public sealed class NodeAuthorizer(NodeGraph graph, IObjectLister objects, RbacIndex rbac) : IAuthorizer
{
    public ValueTask<AccessDecision> AuthorizeAsync(in AccessAttributes attributes, CancellationToken cancellationToken) => new(Authorize(attributes));

    public string AddRules(UserInfo user, string ns, List<PolicyRule> rules) =>
        Groups.NodeOf(user) is null ? "" : "node authorizer does not support user rule resolution";

    private AccessDecision Authorize(in AccessAttributes attributes)
    {
        if (Groups.NodeOf(attributes.User) is not { } node)
        {
            return AccessDecision.NoOpinion();
        }

        if (attributes.IsResource)
        {
            switch ((attributes.ApiGroup, attributes.Resource))
            {
                case ("", "secrets"):
                    return ReadNamed(node, attributes, UsesSecret);
                case ("", "configmaps"):
                    return ReadNamed(node, attributes, UsesConfigMap);
                case ("", "persistentvolumeclaims"):
                    return attributes.Subresource == "status" ? WriteStatus(node, attributes) : Get(node, attributes, UsesClaim);
                case ("", "persistentvolumes"):
                    return Get(node, attributes, UsesVolume);
                case ("", "serviceaccounts"):
                    return Account(node, attributes);
                case ("", "nodes"):
                    return Node(node, attributes);
                case ("", "pods"):
                    return Pods(node, attributes);
                case ("resource.k8s.io", "resourceclaims"):
                    return Get(node, attributes, UsesResourceClaim);
                case ("resource.k8s.io", "resourceslices"):
                    return Slices(node, attributes);
                case ("storage.k8s.io", "volumeattachments"):
                    return Get(node, attributes, IsAttachedTo);
                case ("storage.k8s.io", "csinodes"):
                    return OwnNamed(node, attributes, "CSINode", "get", "create", "update", "patch", "delete");
                case ("coordination.k8s.io", "leases"):
                    return Lease(node, attributes);
            }
        }

        return ByRole(attributes);
    }

    /// <summary>Get, and list and watch of a single name: what an agent keeps for the objects that its pods use.</summary>
    private static AccessDecision ReadNamed(string node, in AccessAttributes attributes, Func<string, AccessAttributes, bool> isUsed) =>
        attributes.Subresource.Length > 0 ? AccessDecision.NoOpinion("cannot read subresource")
        : attributes.Verb is not ("get" or "list" or "watch") ? AccessDecision.NoOpinion("can only read resources of this type")
        : Related(node, attributes, isUsed);

    private static AccessDecision Get(string node, in AccessAttributes attributes, Func<string, AccessAttributes, bool> isUsed) =>
        attributes.Verb != "get" ? AccessDecision.NoOpinion("can only get individual resources of this type")
        : attributes.Subresource.Length > 0 ? AccessDecision.NoOpinion("cannot get subresource")
        : Related(node, attributes, isUsed);

    private AccessDecision WriteStatus(string node, in AccessAttributes attributes) =>
        attributes.Verb is not ("get" or "update" or "patch") ? AccessDecision.NoOpinion("can only get/update/patch this type")
        : Related(node, attributes, UsesClaim);

    private static AccessDecision Related(string node, in AccessAttributes attributes, Func<string, AccessAttributes, bool> isUsed) =>
        attributes.Name.Length == 0 ? AccessDecision.NoOpinion("No Object name found")
        : isUsed(node, attributes) ? AccessDecision.Allow()
        : NotRelated(node);

    private static AccessDecision NotRelated(string node) => AccessDecision.NoOpinion($"no relationship found between node '{node}' and this object");

    private AccessDecision Account(string node, in AccessAttributes attributes)
    {
        if (attributes.Subresource.Length == 0)
        {
            return attributes.Verb == "get" ? Related(node, attributes, UsesAccount) : ByRole(attributes);
        }

        if (attributes.Subresource != "token" || attributes.Verb != "create")
        {
            return ByRole(attributes);
        }

        return Related(node, attributes, UsesAccount);
    }

    private AccessDecision Node(string node, in AccessAttributes attributes)
    {
        switch (attributes.Subresource)
        {
            case "":
                if (attributes.Verb is "create" or "update" or "patch")
                {
                    // On create the name is in the body, where NodeRestriction looks.
                    return attributes.Name.Length > 0 && attributes.Name != node
                        ? AccessDecision.NoOpinion("node '" + node + "' cannot modify other nodes")
                        : ByRole(attributes);
                }

                if (attributes.Verb is "get" or "list" or "watch")
                {
                    return attributes.Name == node ? AccessDecision.Allow() : AccessDecision.NoOpinion(
                        attributes.Verb == "get" ? $"node '{node}' cannot read '{attributes.Name}', only its own Node object"
                        : $"node '{node}' cannot {attributes.Verb} all nodes, only its own Node object");
                }

                return ByRole(attributes);
            case "status" when attributes.Verb is "update" or "patch":
                return attributes.Name == node ? AccessDecision.Allow() : AccessDecision.NoOpinion($"node '{node}' cannot modify status of other nodes");
            default:
                return ByRole(attributes);
        }
    }

    private AccessDecision Pods(string node, in AccessAttributes attributes)
    {
        switch (attributes.Subresource)
        {
            case "":
                switch (attributes.Verb)
                {
                    case "get":
                        return attributes.Name.Length == 0 ? AccessDecision.NoOpinion("No Object name found")
                            : graph.HasPod(node, attributes.Namespace, attributes.Name) ? AccessDecision.Allow()
                            : NotRelated(node);
                    case "list" or "watch":
                        foreach (var requirement in attributes.FieldRequirements)
                        {
                            if (requirement.Key == "spec.nodeName" && requirement.Operator is "In" or "=" or "==" && requirement.Values.Count == 1)
                            {
                                return requirement.Values[0] == node ? AccessDecision.Allow()
                                    : AccessDecision.NoOpinion("can only list/watch pods with spec.nodeName field selector");
                            }
                        }

                        return AccessDecision.NoOpinion("can only list/watch pods with spec.nodeName field selector");
                    default:
                        return ByRole(attributes);
                }

            case "status" when attributes.Verb is "update" or "patch" or "get":
                return ByRole(attributes);
            default:
                return ByRole(attributes);
        }
    }

    private AccessDecision Slices(string node, in AccessAttributes attributes)
    {
        if (attributes.Subresource.Length > 0)
        {
            return AccessDecision.NoOpinion("cannot authorize ResourceSlice subresources");
        }

        switch (attributes.Verb)
        {
            case "create":
                // Whose slice it is stands in the body, where NodeRestriction looks.
                return AccessDecision.Allow();
            case "get" or "update" or "patch" or "delete":
                if (attributes.Name.Length == 0)
                {
                    return AccessDecision.NoOpinion("No Object name found");
                }

                return objects.Get<Api.Resources.V1.ResourceSlice>("", attributes.Name)?.Spec.NodeName == node ? AccessDecision.Allow() : NotRelated(node);
            case "list" or "watch" or "deletecollection":
                foreach (var requirement in attributes.FieldRequirements)
                {
                    if (requirement.Key == "spec.nodeName" && requirement.Operator is "In" or "=" or "==" && requirement.Values.Count == 1 && requirement.Values[0] == node)
                    {
                        return AccessDecision.Allow();
                    }
                }

                return AccessDecision.NoOpinion("can only list/watch/deletecollection resourceslices with spec.nodeName field selector");
            default:
                return AccessDecision.NoOpinion("only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection");
        }
    }

    private static AccessDecision OwnNamed(string node, in AccessAttributes attributes, string kind, params ReadOnlySpan<string> verbs)
    {
        if (!verbs.Contains(attributes.Verb))
        {
            return AccessDecision.NoOpinion($"can only get, create, update, patch, or delete a {kind}");
        }

        if (attributes.Subresource.Length > 0)
        {
            return AccessDecision.NoOpinion($"cannot authorize {kind} subresources");
        }

        return attributes.Verb == "create" || attributes.Name == node ? AccessDecision.Allow()
            : AccessDecision.NoOpinion($"can only access {kind} with the same name as the requesting node");
    }

    private static AccessDecision Lease(string node, in AccessAttributes attributes)
    {
        if (attributes.Verb is not ("get" or "create" or "update" or "patch" or "delete"))
        {
            return AccessDecision.NoOpinion("can only get, create, update, patch, or delete a node lease");
        }

        if (attributes.Namespace != "kube-node-lease")
        {
            return AccessDecision.NoOpinion("can only access leases in the \"kube-node-lease\" system namespace");
        }

        return attributes.Verb == "create" || attributes.Name == node ? AccessDecision.Allow()
            : AccessDecision.NoOpinion("can only access node lease with the same name as the requesting node");
    }

    /// <summary>What the role says, which nobody needs to be bound to.</summary>
    private AccessDecision ByRole(in AccessAttributes attributes)
    {
        foreach (var rule in rbac.FindRole("", "system:node") ?? [])
        {
            if (rule.Allows(attributes))
            {
                return AccessDecision.Allow();
            }
        }

        return AccessDecision.NoOpinion();
    }

    private bool UsesSecret(string node, AccessAttributes attributes)
    {
        var (ns, name) = (attributes.Namespace, attributes.Name);
        return graph.AnyPod(node, ns, p => p.Secrets.Contains(name)) || graph.AnyPod(node, "", p => p.Claims.Any(claim => VolumeNamesSecret(p.Namespace, claim, ns, name)));
    }

    private bool UsesConfigMap(string node, AccessAttributes attributes) => graph.AnyPod(node, attributes.Namespace, p => p.ConfigMaps.Contains(attributes.Name));

    private bool UsesClaim(string node, AccessAttributes attributes) => graph.AnyPod(node, attributes.Namespace, p => p.Claims.Contains(attributes.Name));

    private bool UsesAccount(string node, AccessAttributes attributes) => graph.AnyPod(node, attributes.Namespace, p => p.Account == attributes.Name);

    private bool UsesResourceClaim(string node, AccessAttributes attributes) => graph.AnyPod(node, attributes.Namespace, p => p.ResourceClaims.Contains(attributes.Name));

    private bool UsesVolume(string node, AccessAttributes attributes) =>
        objects.Get<PersistentVolume>("", attributes.Name)?.Spec.ClaimRef is { } claim && graph.AnyPod(node, claim.Namespace, p => p.Claims.Contains(claim.Name));

    private bool IsAttachedTo(string node, AccessAttributes attributes) => objects.Get<VolumeAttachment>("", attributes.Name)?.Spec.NodeName == node;

    /// <summary>Whether the volume of a claim names a secret, as storage drivers' credentials.</summary>
    private bool VolumeNamesSecret(string claimNamespace, string claimName, string ns, string secret)
    {
        if (objects.Get<PersistentVolumeClaim>(claimNamespace, claimName) is not { } claim || objects.Get<PersistentVolume>("", claim.Spec.VolumeName) is not { } volume)
        {
            return false;
        }

        var spec = volume.Spec;
        return Is(spec.AzureFile?.SecretNamespace ?? claimNamespace, spec.AzureFile?.SecretName)
            || IsReference(spec.Cephfs?.SecretRef) || IsReference(spec.Cinder?.SecretRef) || IsReference(spec.FlexVolume?.SecretRef) || IsReference(spec.Rbd?.SecretRef)
            || IsReference(spec.ScaleIO?.SecretRef) || IsReference(spec.Iscsi?.SecretRef) || Is(spec.Storageos?.SecretRef?.Namespace ?? "", spec.Storageos?.SecretRef?.Name)
            || IsReference(spec.Csi?.ControllerPublishSecretRef) || IsReference(spec.Csi?.NodePublishSecretRef) || IsReference(spec.Csi?.NodeStageSecretRef)
            || IsReference(spec.Csi?.ControllerExpandSecretRef) || IsReference(spec.Csi?.NodeExpandSecretRef);

        bool IsReference(SecretReference? reference) => reference is not null && Is(reference.Namespace.Length > 0 ? reference.Namespace : claimNamespace, reference.Name);

        bool Is(string secretNamespace, string? name) => name is { Length: > 0 } && name == secret && secretNamespace == ns;
    }
}
