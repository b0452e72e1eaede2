using Orchestrator.Api;

namespace Orchestrator.ApiServer.Admission;

/// <summary>Knows the options of a request; asked only by who shows them to webhooks and policies.</summary>
internal interface IRequestOptions
{
    /// <summary>CreateOptions, UpdateOptions or DeleteOptions of meta.k8s.io/v1; null for operations that have none.</summary>
    RawJson? OptionsOf(AdmissionOperation operation);
}
