using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Rbac.V1;

namespace Orchestrator.ApiServer.Identity.Joining;

/// <summary>What a cluster needs so that nodes can join it with a token: kubeadm's objects, so that kubeadm can join its nodes too.</summary>
public static class JoinObjects
{
    private const string RbacGroup = "rbac.authorization.k8s.io";
    private const string RbacVersion = RbacGroup + "/v1";
    private const string InfoRole = "kubeadm:bootstrap-signer-clusterinfo";

    /// <summary>The group that tokens for nodes are in.</summary>
    public const string NodeTokenGroup = "system:bootstrappers:kubeadm:default-node-token";

    /// <summary>The objects to create at start where they are missing; <c>cluster-info</c> is to be updated when its kubeconfig differs.</summary>
    /// <param name="authorityPem">The cluster's CA.</param>
    /// <param name="server">The API's URL as nodes reach it.</param>
    public static IReadOnlyList<ApiObject> All(string authorityPem, string server) =>
    [
        new ConfigMap
        {
            Kind = "ConfigMap",
            ApiVersion = "v1",
            Metadata = new ObjectMeta { Namespace = "kube-public", Name = "cluster-info" },
            Data = ApiMap<string>.Empty.With("kubeconfig", Kubeconfig(authorityPem, server)),
        },
        new Role
        {
            Kind = "Role",
            ApiVersion = RbacVersion,
            Metadata = new ObjectMeta { Namespace = "kube-public", Name = InfoRole },
            Rules = [new PolicyRule { Verbs = ["get"], ApiGroups = [""], Resources = ["configmaps"], ResourceNames = ["cluster-info"] }],
        },
        new RoleBinding
        {
            Kind = "RoleBinding",
            ApiVersion = RbacVersion,
            Metadata = new ObjectMeta { Namespace = "kube-public", Name = InfoRole },
            RoleRef = new RoleRef { ApiGroup = RbacGroup, Kind = "Role", Name = InfoRole },
            Subjects = [new Subject { ApiGroup = RbacGroup, Kind = "User", Name = Groups.AnonymousUser }],
        },
        Binding("kubeadm:kubelet-bootstrap", "system:node-bootstrapper", NodeTokenGroup),
        Binding("kubeadm:node-autoapprove-bootstrap", "system:certificates.k8s.io:certificatesigningrequests:nodeclient", NodeTokenGroup),
        Binding("kubeadm:node-autoapprove-certificate-rotation", "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient", Groups.Nodes),
    ];

    private static ClusterRoleBinding Binding(string name, string role, string group) => new()
    {
        Kind = "ClusterRoleBinding",
        ApiVersion = RbacVersion,
        Metadata = new ObjectMeta { Name = name },
        RoleRef = new RoleRef { ApiGroup = RbacGroup, Kind = "ClusterRole", Name = role },
        Subjects = [new Subject { ApiGroup = RbacGroup, Kind = "Group", Name = group }],
    };

    private static string Kubeconfig(string authorityPem, string server) => $"""
        apiVersion: v1
        clusters:
        - cluster:
            certificate-authority-data: {Convert.ToBase64String(Encoding.UTF8.GetBytes(authorityPem))}
            server: {server}
          name: ""
        contexts: null
        current-context: ""
        kind: Config
        preferences: {"{}"}
        users: null

        """;
}
