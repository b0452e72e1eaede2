using Orchestrator.Api;

namespace Orchestrator.ApiServer.Apply;

/// <summary>Shows an object in the other versions that managers have named its fields in.</summary>
internal interface IVersionConverter
{
    /// <summary>The object at a version, and its type there; null if the resource has no such version. Does not change what it is given.</summary>
    (ApiObject Object, MapType Type)? Convert(ApiObject obj, string apiVersion);
}
