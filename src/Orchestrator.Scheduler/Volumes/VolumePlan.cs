using Orchestrator.Api.Core.V1;

namespace Orchestrator.Scheduler.Volumes;

/// <summary>What must be written so that a pod's claims get their volumes on the chosen node.</summary>
/// <param name="Bindings">Claims that get a volume that exists.</param>
/// <param name="Provisionings">Claims for which one is to be made.</param>
internal sealed record VolumePlan(
    IReadOnlyList<(PersistentVolumeClaim Claim, PersistentVolume Volume)> Bindings, IReadOnlyList<PersistentVolumeClaim> Provisionings);
