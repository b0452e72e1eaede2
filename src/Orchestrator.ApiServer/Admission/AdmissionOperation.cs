namespace Orchestrator.ApiServer.Admission;

/// <summary>What is about to be done.</summary>
public enum AdmissionOperation
{
    Create,
    Update,
    Delete,

    /// <summary>exec, attach, port-forward, proxy.</summary>
    Connect,
}
