using Orchestrator.Api;
using Orchestrator.ApiServer.Apply;
using Orchestrator.ApiServer.Conversions;
using Orchestrator.ApiServer.CustomResources;

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
            Type = resource.Custom?.ApplyType ?? ApplyTypes.Of(resource.Schema),
            Reset = resource.IsCustom && scope.Subresource == "status" ? ResetFields.AllButStatus : ResetFields.Of(resource.Info.GroupResource, scope.Subresource, hasStatus),
            Versions = !resource.HasOtherVersions && (resource.IsCustom || resource.ServesStoredForm) ? null
                : resource.Definition is { } definition ? new CustomVersions(definition) : new OtherVersions(resource),
            Now = scope.Time.GetUtcNow(),
        };
    }

    private sealed class CustomVersions(CustomDefinition definition) : IVersionConverter
    {
        public (ApiObject Object, MapType Type)? Convert(ApiObject obj, string apiVersion) => definition.Versions.TryGetValue(apiVersion, out var version)
            ? (definition.ConvertWhole((CustomObject)obj, version), version.ApplyType)
            : null;
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
