using Orchestrator.Api;

namespace Orchestrator.ApiServer.Registry;

/// <summary>Between a resource's served and stored versions.</summary>
internal interface IObjectConverter
{
    /// <summary>The object in the stored version; itself if that is what it is.</summary>
    ValueTask<ApiObject> ToStoredAsync(ServedResource resource, ApiObject obj, CancellationToken cancellationToken);

    /// <summary>The object in the served version; itself if that is what it is.</summary>
    ValueTask<ApiObject> ToServedAsync(ServedResource resource, ApiObject stored, CancellationToken cancellationToken);
}
