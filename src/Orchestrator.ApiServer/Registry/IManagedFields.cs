using Orchestrator.Api;

namespace Orchestrator.ApiServer.Registry;

/// <summary>Keeps metadata.managedFields on ordinary writes.</summary>
internal interface IManagedFields
{
    void OnCreate(RequestScope scope, ApiObject obj);

    void OnUpdate(RequestScope scope, ApiObject obj, ApiObject old);
}
