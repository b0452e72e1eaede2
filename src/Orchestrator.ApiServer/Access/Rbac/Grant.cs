using Orchestrator.Api.Json;
using Orchestrator.Api.Rbac.V1;

namespace Orchestrator.ApiServer.Access.Rbac;

/// <summary>One subject of one binding: which role it is given, and in which namespace ("" for all).</summary>
internal sealed class Grant(string ns, string binding, RoleRef role, Subject subject, int order)
{
    private string? _reason;

    public string Namespace { get; } = ns;

    public string Binding { get; } = binding;

    /// <summary>The place of the subject in its binding.</summary>
    public int Order { get; } = order;

    /// <summary>Namespace ("" for a ClusterRole) and name.</summary>
    public (string Namespace, string Name) Role { get; } = (role.Kind == "Role" ? ns : "", role.Name);

    /// <summary>Why a request that this grant covers is allowed.</summary>
    public string Reason => _reason ??= MakeReason();

    /// <summary>What is said when the role is not there.</summary>
    public string MissingRole => $"{(role.Kind == "Role" ? "role" : "clusterrole")}.rbac.authorization.k8s.io {GoText.Quote(role.Name)} not found";

    private string MakeReason()
    {
        var to = subject.Kind == "ServiceAccount" ? $"ServiceAccount {GoText.Quote(subject.Name + "/" + (subject.Namespace.Length > 0 ? subject.Namespace : Namespace))}"
            : subject.Kind + " " + GoText.Quote(subject.Name);
        var by = Namespace.Length > 0 ? $"RoleBinding {GoText.Quote(Binding + "/" + Namespace)}" : $"ClusterRoleBinding {GoText.Quote(Binding)}";
        return $"RBAC: allowed by {by} of {role.Kind} {GoText.Quote(role.Name)} to {to}";
    }
}
