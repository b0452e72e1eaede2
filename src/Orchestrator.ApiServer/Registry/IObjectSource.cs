using Orchestrator.Api;

namespace Orchestrator.ApiServer.Registry;

/// <summary>Gives the objects of a resource that is not stored: they are made when somebody asks.</summary>
internal interface IObjectSource
{
    /// <summary>All there are, ordered by name.</summary>
    ValueTask<IReadOnlyList<ApiObject>> ListAsync(CancellationToken cancellationToken);
}
