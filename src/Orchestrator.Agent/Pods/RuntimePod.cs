namespace Orchestrator.Agent.Pods;

/// <summary>A pod as the runtime has it at one moment. After a restart of the agent this, not memory, is the truth.</summary>
internal sealed record RuntimePod
{
    public static readonly RuntimePod None = new();

    /// <summary>Newest first.</summary>
    public IReadOnlyList<Cri.PodSandboxStatus> Sandboxes { get; init; } = [];

    /// <summary>Of all names, newest first.</summary>
    public IReadOnlyList<RuntimeContainer> Containers { get; init; } = [];

    /// <summary>The newest sandbox, if it is ready.</summary>
    public Cri.PodSandboxStatus? ReadySandbox => Sandboxes is [{ State: Cri.PodSandboxState.SandboxReady } first, ..] ? first : null;

    /// <summary>True if a container runs or may run.</summary>
    public bool HasRunning => Containers.Any(c => c.IsRunning);

    /// <summary>The pod's addresses, the primary first; empty without a network of its own.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>The newest container of a name, or null.</summary>
    public RuntimeContainer? Find(string name) => Containers.FirstOrDefault(c => c.Name == name);
}
