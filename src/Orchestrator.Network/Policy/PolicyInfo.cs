using Orchestrator.Api.Selectors;
using Orchestrator.Client;

namespace Orchestrator.Network.Policy;

/// <summary>A NetworkPolicy.</summary>
internal sealed record PolicyInfo
{
    public required string Namespace { get; init; }
    public required string Name { get; init; }

    /// <summary>The pods of its namespace that it is about.</summary>
    public required LabelMatcher Pods { get; init; }

    /// <summary>What may come in; <see langword="null"/> if it says nothing about that.</summary>
    public IReadOnlyList<PolicyRule>? Ingress { get; init; }

    /// <summary>What may go out; <see langword="null"/> if it says nothing about that.</summary>
    public IReadOnlyList<PolicyRule>? Egress { get; init; }
}
