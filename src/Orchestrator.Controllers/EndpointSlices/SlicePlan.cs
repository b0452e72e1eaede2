using Orchestrator.Api.Discovery.V1;

namespace Orchestrator.Controllers.EndpointSlices;

/// <summary>What must be written so that the slices of a Service hold its endpoints.</summary>
internal sealed class SlicePlan
{
    public List<EndpointSlice> Create { get; } = [];

    public List<EndpointSlice> Update { get; } = [];

    public List<EndpointSlice> Delete { get; } = [];
}
