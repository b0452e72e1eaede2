using Orchestrator.Api;
using Orchestrator.ApiServer.Apply;
using Orchestrator.ApiServer.Conversions;

namespace Orchestrator.ApiServer.Registry;

/// <summary>Tells managedFields what they need to know of a request.</summary>
internal static class FieldOwnership
{
    public static void OnCreate(RequestScope scope, ApiObject obj) => ManagedFields.OnCreate(obj, Context(scope, scope.FieldManager));

    public static void OnUpdate(RequestScope scope, ApiObject obj, ApiObject old) => ManagedFields.OnUpdate(obj, old, Context(scope, scope.FieldManager));

    public static WriteContext Context(RequestScope scope, string manager)
    {
        var resource = scope.Resource;
        var hasStatus = resource.Info.Subresources.Any(static s => s.Name == "status");
        return new WriteContext
        {
            Manager = manager,
            ApiVersion = resource.Info.ApiVersion,
            Subresource = scope.Subresource,
            Type = ApplyTypes.Of(resource.Schema),
            Reset = ResetFields.Of(resource.Info.GroupResource, scope.Subresource, hasStatus),
            Versions = resource.ServesStoredForm && !resource.HasOtherVersions ? null : new OtherVersions(resource),
            Now = scope.Time.GetUtcNow(),
        };
    }

    private sealed class OtherVersions(ServedResource resource) : IVersionConverter
    {
        public (ApiObject Object, MapType Type)? Convert(ApiObject obj, string apiVersion)
        {
            if (apiVersion == resource.Info.ApiVersion)
            {
                return (obj, ApplyTypes.Of(resource.Schema));
            }

            if (ApiTypes.FindKind(apiVersion, resource.Info.Kind) is not { } schema)
            {
                return null;
            }

            var stored = VersionConversion.ToStored(obj);
            return (VersionConversion.FromStored(stored, schema), ApplyTypes.Of(schema));
        }
    }
}
