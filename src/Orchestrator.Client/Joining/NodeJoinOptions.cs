using System.Net;

namespace Orchestrator.Client;

/// <summary>How a node joins a cluster, and where it keeps what it gets.</summary>
public sealed record NodeJoinOptions
{
    /// <summary>The API's URL.</summary>
    public required Uri Server { get; init; }

    /// <summary>Needed until the node has joined; null after that.</summary>
    public JoinToken? Token { get; init; }

    public required string NodeName { get; init; }

    /// <summary>Addresses that the node's serving certificate is good for.</summary>
    public required IReadOnlyList<IPAddress> Addresses { get; init; }

    /// <summary>Where certificates, keys and the kubeconfig lie; for their owner only.</summary>
    public required string Directory { get; init; }

    /// <summary>How long to try before joining is given up as failed.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);
}
