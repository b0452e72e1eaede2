using Orchestrator.Api;

namespace Orchestrator.ApiServer.Registry;

/// <summary>The admission plugins as the registry calls them, around each write.</summary>
internal interface IAdmissionChain
{
    /// <summary>May change <paramref name="obj"/> in place, or refuse with an ApiException.</summary>
    ValueTask MutateAsync(RequestScope scope, string operation, ApiObject? obj, ApiObject? old, CancellationToken cancellationToken);

    /// <summary>May refuse with an ApiException.</summary>
    ValueTask ValidateAsync(RequestScope scope, string operation, ApiObject? obj, ApiObject? old, CancellationToken cancellationToken);
}
