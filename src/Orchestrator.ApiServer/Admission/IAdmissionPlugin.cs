using Orchestrator.Api;

namespace Orchestrator.ApiServer.Admission;

/// <summary>A step of admission; implements <see cref="IMutatingAdmission"/>, <see cref="IValidatingAdmission"/> or both. Called by many requests at once.</summary>
public interface IAdmissionPlugin
{
    /// <summary>Upstream's name of the plugin.</summary>
    string Name { get; }

    /// <summary>Whether the plugin may care. Asked once per resource, subresource and operation; the answer must not change.</summary>
    bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource);
}
