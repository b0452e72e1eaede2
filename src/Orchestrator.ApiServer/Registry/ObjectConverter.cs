using Orchestrator.Api;
using Orchestrator.ApiServer.Conversions;

namespace Orchestrator.ApiServer.Registry;

/// <summary>Converts between versions of built-in kinds.</summary>
internal sealed class ObjectConverter : IObjectConverter
{
    public ValueTask<ApiObject> ToStoredAsync(ServedResource resource, ApiObject obj, CancellationToken cancellationToken) =>
        new(resource.ServesStoredForm ? obj : VersionConversion.ToStored(obj));

    public ValueTask<ApiObject> ToServedAsync(ServedResource resource, ApiObject stored, CancellationToken cancellationToken) =>
        new(resource.ServesStoredForm ? stored : VersionConversion.FromStored(stored, resource.Schema));
}
