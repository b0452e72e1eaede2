using Orchestrator.Api.Selectors;
using Orchestrator.Client;
using Orchestrator.Network.Services;

namespace Orchestrator.Network.Policy;

/// <summary>Who may be at the other end: pods by selectors, or addresses by block.</summary>
internal sealed record PolicyPeer
{
    /// <summary>Pods by their labels; <see langword="null"/> means all pods of the namespaces.</summary>
    public LabelMatcher? Pods { get; init; }

    /// <summary>Namespaces by their labels; <see langword="null"/> means the policy's own.</summary>
    public LabelMatcher? Namespaces { get; init; }

    /// <summary>An IPv4 block, or empty for a peer of pods.</summary>
    public string Block { get; init; } = "";

    /// <summary>Parts of the block that are not meant.</summary>
    public EquatableArray<string> Except { get; init; }
}
