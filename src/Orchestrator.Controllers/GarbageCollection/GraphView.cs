using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.Controllers.GarbageCollection;

/// <summary>A snapshot of a node and its dependents.</summary>
internal sealed record GraphView(
    string Uid, ResourceInfo? Resource, ObjectKey Key, bool IsVirtual, OwnerReference? Reference, bool IsBeingDeleted, bool IsDeletingDependents, IReadOnlyList<GraphDependent> Dependents);

/// <summary>A dependent, and whether it holds up its owner's deletion.</summary>
internal sealed record GraphDependent(string Uid, ResourceInfo? Resource, ObjectKey Key, bool IsDeletingDependents, bool BlocksOwner);
