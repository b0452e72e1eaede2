using Orchestrator.Api.Resources.V1;

namespace Orchestrator.Scheduler.Devices;

/// <summary>What must be written so that a pod's claims are its own on the chosen node.</summary>
/// <param name="Claims">The claims to reserve, those without devices with what they get.</param>
internal sealed record DevicePlan(IReadOnlyList<(ResourceClaim Claim, AllocationResult? Allocation)> Claims);
