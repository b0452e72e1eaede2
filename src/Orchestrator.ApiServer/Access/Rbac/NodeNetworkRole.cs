using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Rbac.V1;
using Orchestrator.ApiServer.Identity;

namespace Orchestrator.ApiServer.Access.Rbac;

/// <summary>
/// What the networks of nodes may read. As upstream's service proxy and network plugins they have an identity of their own
/// (<c>system:node-network:NAME</c>), so that the agents' stays as narrow as the Node authorizer makes it.
/// </summary>
internal static class NodeNetworkRole
{
    private const string Name = "orchestrator:node-network";
    private static readonly ApiList<string> Follow = ["get", "list", "watch"];

    public static IReadOnlyList<ApiObject> Objects() =>
    [
        new ClusterRole
        {
            Metadata = new ObjectMeta { Name = Name },
            Rules =
            [
                new() { ApiGroups = [""], Resources = ["services", "nodes", "namespaces", "pods"], Verbs = Follow },
                new() { ApiGroups = ["discovery.k8s.io"], Resources = ["endpointslices"], Verbs = Follow },
                new() { ApiGroups = ["networking.k8s.io"], Resources = ["networkpolicies", "servicecidrs"], Verbs = Follow },
            ],
        },
        new ClusterRoleBinding
        {
            Metadata = new ObjectMeta { Name = Name },
            RoleRef = new() { ApiGroup = "rbac.authorization.k8s.io", Kind = "ClusterRole", Name = Name },
            Subjects = [new() { ApiGroup = "rbac.authorization.k8s.io", Kind = "Group", Name = Groups.NodeNetworks }],
        },
    ];
}
