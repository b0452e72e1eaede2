using Orchestrator.Api;

namespace Orchestrator.ApiServer.Admission.Plugins;

/// <summary>Has no objection to anything. Kept for those whose flags still name it.</summary>
internal sealed class AlwaysAdmit : IAdmissionPlugin
{
    public string Name => "AlwaysAdmit";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) => false;
}
