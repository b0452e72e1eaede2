namespace Orchestrator.ApiServer.Admission.PodSecurity;

/// <summary>The levels of the Pod Security Standards, from lax to strict.</summary>
internal enum SecurityLevel
{
    Privileged,
    Baseline,
    Restricted,
}
