namespace Orchestrator.Agent.Runtime;

/// <summary>What happened to a container.</summary>
public enum RuntimeEventKind
{
    /// <summary>Its main process has started.</summary>
    Started,

    /// <summary>Its main process has ended; the runtime's own books may be a moment behind.</summary>
    Exited,

    /// <summary>The kernel killed one of its processes for want of memory.</summary>
    OutOfMemory,

    /// <summary>Events may have been missed: look at everything.</summary>
    Resync,
}
