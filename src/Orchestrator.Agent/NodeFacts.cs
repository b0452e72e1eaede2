using System.Collections.Frozen;
using System.Net;
using Orchestrator.Api;

namespace Orchestrator.Agent;

/// <summary>What is known of the machine: found at start, shared by everybody.</summary>
internal sealed class NodeFacts
{
    /// <summary>The node's name.</summary>
    public required string Name { get; init; }

    /// <summary>The node's addresses, the primary first.</summary>
    public required IReadOnlyList<IPAddress> Addresses { get; init; }

    /// <summary>Everything the machine has.</summary>
    public required IReadOnlyDictionary<string, Quantity> Capacity { get; init; }

    /// <summary>What is there for pods.</summary>
    public required IReadOnlyDictionary<string, Quantity> Allocatable { get; init; }

    /// <summary>The node's labels as they are in the API; swapped when they change.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; set; } = FrozenDictionary<string, string>.Empty;

    /// <summary>The node's taints as they are in the API; swapped when they change.</summary>
    public IReadOnlyList<Taint> Taints { get; set; } = [];

    /// <summary>Whether the runtime can give containers just the groups that their pod names; null until it has said.</summary>
    public bool? SupportsStrictGroups { get; set; }

    /// <summary>The addresses as texts.</summary>
    public IReadOnlyList<string> AddressTexts => field ??= [.. Addresses.Select(a => a.ToString())];

    /// <summary>Bytes of memory of the machine.</summary>
    public long MemoryCapacity => Capacity["memory"].Value;
}
