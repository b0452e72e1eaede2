namespace Orchestrator.Agent.Volumes;

/// <summary>An object that volumes are made of.</summary>
internal readonly record struct ObjectReferenceKey(ObjectReferenceKind Kind, string Namespace, string Name);
