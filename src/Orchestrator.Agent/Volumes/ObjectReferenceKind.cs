namespace Orchestrator.Agent.Volumes;

/// <summary>The kinds of objects that volumes are made of.</summary>
internal enum ObjectReferenceKind
{
    ConfigMap,

    Secret,
}
