using System.Collections.Concurrent;

namespace Orchestrator.Agent.Pods;

/// <summary>Which pod a container or sandbox id belongs to, for events that name the id alone.</summary>
internal sealed class ContainerOwners
{
    private readonly ConcurrentDictionary<string, string> _owners = new();

    public void Note(string id, string podUid) => _owners[id] = podUid;

    public void Forget(string id) => _owners.TryRemove(id, out _);

    /// <summary>The pod's uid; null for ids that no worker has seen.</summary>
    public string? Find(string id) => _owners.GetValueOrDefault(id);
}
