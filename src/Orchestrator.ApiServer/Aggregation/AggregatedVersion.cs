using Orchestrator.Api;
using Orchestrator.Api.ApiDiscovery.V2;
using Orchestrator.Api.ApiRegistration.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Aggregation;

/// <summary>A group version that is not the registry's, most often one that another server answers: what its APIService says, and what was last known of the server. Immutable.</summary>
internal sealed record AggregatedVersion
{
    public required APIService Source { get; init; }

    /// <summary>Requests are passed on; otherwise they are refused at once.</summary>
    public bool IsAvailable { get; init; }

    /// <summary>What the server says it serves; null if it never said.</summary>
    public APIVersionDiscovery? Discovery { get; init; }

    /// <summary>The server's OpenAPI v2 document; null if it has none.</summary>
    public ApiMap<object?>? OpenApi { get; init; }

    /// <summary>
    /// Answers in this process, for group versions that have no kinds in the store; null for those of another server. Takes the path and query of
    /// a GET and gives JSON, or throws <see cref="ApiException"/>.
    /// </summary>
    public Func<string, CancellationToken, ValueTask<byte[]>>? Local { get; init; }

    /// <summary>What <see cref="Local"/> serves, for the OpenAPI documents; none for group versions of another server.</summary>
    public IReadOnlyList<ResourceInfo> Resources { get; init; } = [];

    public string Group => Source.Spec.Group;

    public string Version => Source.Spec.Version;
}
