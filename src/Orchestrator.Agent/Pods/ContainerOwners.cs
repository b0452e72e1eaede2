using System.Collections.Concurrent;

namespace Orchestrator.Agent.Pods;

/// <summary>Which pod a container or sandbox id belongs to, for events that name the id alone.</summary>
/// <remarks>
/// A container may end before its worker has read its id. Such an exit is kept until somebody claims the id: the runtime's books, which
/// that worker reads next, may lag behind the event and still show the container running.
/// </remarks>
internal sealed class ContainerOwners
{
    // More than can start and end at once. What is never claimed (the end of a container that was just removed) makes room for newer ones.
    private const int UnclaimedMax = 1024;

    private readonly ConcurrentDictionary<string, string> _owners = new();
    private readonly ConcurrentDictionary<string, bool> _unclaimed = new();
    private readonly ConcurrentQueue<string> _unclaimedOrder = new();

    /// <summary>Notes whose an id is; true if its exit came before.</summary>
    public bool Note(string id, string podUid)
    {
        _owners[id] = podUid;
        return _unclaimed.TryRemove(id, out _);
    }

    public void Forget(string id) => _owners.TryRemove(id, out _);

    /// <summary>The pod's uid; null for ids that no worker has seen.</summary>
    public string? Find(string id) => _owners.GetValueOrDefault(id);

    /// <summary>The uid of the pod whose container has ended; if no worker has seen the id, the exit waits for the one that will.</summary>
    public string? FindOfExit(string id)
    {
        if (Find(id) is { } uid)
        {
            return uid;
        }

        _unclaimed[id] = true;
        _unclaimedOrder.Enqueue(id);
        while (_unclaimedOrder.Count > UnclaimedMax && _unclaimedOrder.TryDequeue(out var oldest))
        {
            _unclaimed.TryRemove(oldest, out _);
        }

        // Its worker may have noted it in between: then whoever takes the exit away tells of it.
        return Find(id) is { } since && _unclaimed.TryRemove(id, out _) ? since : null;
    }
}
