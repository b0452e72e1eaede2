using Orchestrator.ApiServer.Access;
using Orchestrator.ApiServer.Access.Rbac;
using Orchestrator.ApiServer.Admission.Quota;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Admission;

/// <summary>What the built-in plugins work with.</summary>
internal sealed record AdmissionServices
{
    /// <summary>Where plugins find other objects.</summary>
    public required IObjectLister Objects { get; init; }

    /// <summary>Where usage is written.</summary>
    public required IQuotaWriter Quotas { get; init; }

    /// <summary>Roles and bindings.</summary>
    public required RbacIndex Rbac { get; init; }

    /// <summary>For plugins that ask whether the user may.</summary>
    public required AuthorizerChain Authorizers { get; init; }

    /// <summary>Makes namespaces that are missing.</summary>
    public required INamespaceMaker Namespaces { get; init; }

    /// <summary>Knows the resources of kinds.</summary>
    public required ResourceRegistry Registry { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Chooses generated names.</summary>
    public required Random Random { get; init; }
}
