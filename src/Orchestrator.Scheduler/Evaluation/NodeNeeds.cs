using Orchestrator.Scheduler.Pods;

namespace Orchestrator.Scheduler.Evaluation;

/// <summary>A shape by what it asks of a node by itself.</summary>
internal readonly struct NodeNeeds(PodShapeKey shape) : IEquatable<NodeNeeds>
{
    private readonly PodShapeKey _shape = shape;

    public bool Equals(NodeNeeds other) => _shape.HasSameNeeds(other._shape);

    public override bool Equals(object? obj) => obj is NodeNeeds other && Equals(other);

    public override int GetHashCode() => _shape.NeedsHash;
}
