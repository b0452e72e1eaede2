using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Resources.V1;
using ResourceClaim = Orchestrator.Api.Resources.V1.ResourceClaim;

namespace Orchestrator.Scheduler.Devices;

/// <summary>Finds devices for claims on one node, all or nothing.</summary>
/// <remarks>
/// A search with a way back: requests are served in order, each by the first alternative and the first devices that let all later ones be
/// served as well. A device in use, out of reach, tainted or without what it shares with others is never looked at twice for a request.
/// </remarks>
internal sealed class DeviceAllocator(DeviceCatalog catalog, DeviceSelectors selectors)
{
    // The API's limit for one claim.
    private const int ResultsMax = 32;

    // Constraints can make the search long. Where it does not end within this, the node counts as one without devices.
    private const int StepsMax = 100_000;

    private readonly List<Step> _chosen = [];
    private readonly Dictionary<(DevicePool Pool, string Set, string Name), Int128> _used = [];
    private IReadOnlySet<DeviceId> _taken = new HashSet<DeviceId>();
    private Node _node = new();
    private int _steps;

    private readonly record struct Step(int Claim, DeviceRequestPart Part, PoolDevice Device);

    /// <summary>The allocations of the claims, in their order; null if the node has not what they ask for.</summary>
    /// <exception cref="InvalidOperationException">A class or an expression is wrong.</exception>
    public AllocationResult[]? Allocate(IReadOnlyList<ResourceClaim> claims, Node node)
    {
        _chosen.Clear();
        _used.Clear();
        (_node, _taken, _steps) = (node, catalog.Taken, 0);
        foreach (var device in catalog.Pools.SelectMany(static p => p.Devices))
        {
            if (_taken.Contains(device.Id))
            {
                Use(device, 1);
            }
        }

        return Serve(claims, 0, 0) ? [.. claims.Select((claim, index) => Result(claim, index))] : null;
    }

    private bool Serve(IReadOnlyList<ResourceClaim> claims, int claim, int request)
    {
        if (claim == claims.Count)
        {
            return true;
        }

        var requests = claims[claim].Spec.Devices.Requests;
        if (request == requests.Count)
        {
            return Serve(claims, claim + 1, 0);
        }

        foreach (var part in DeviceRequestPart.Of(requests[request]))
        {
            var candidates = Candidates(claims[claim], part, out var isWhole);
            if (part.IsAll)
            {
                // Of none, or of those of a pool that is being changed, there is no all.
                if (isWhole && candidates.Count > 0 && Pick(claims, claim, request, part, candidates, 0, candidates.Count))
                {
                    return true;
                }
            }
            else if (candidates.Count >= part.Count && Pick(claims, claim, request, part, candidates, 0, part.Count))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Takes so many of the candidates from a place on, and goes on with the next request.</summary>
    private bool Pick(IReadOnlyList<ResourceClaim> claims, int claim, int request, DeviceRequestPart part, List<PoolDevice> candidates, int from, long missing)
    {
        if (missing == 0)
        {
            return Serve(claims, claim, request + 1);
        }

        for (var i = from; candidates.Count - i >= missing; i++)
        {
            if (++_steps > StepsMax)
            {
                return false;
            }

            var device = candidates[i];
            if (IsFree(device, part) && Suits(claims[claim], claim, part, device))
            {
                _chosen.Add(new(claim, part, device));
                Take(device, part, isTaken: true);
                if (Pick(claims, claim, request, part, candidates, i + 1, missing - 1))
                {
                    return true;
                }

                Take(device, part, isTaken: false);
                _chosen.RemoveAt(_chosen.Count - 1);
            }

            if (part.IsAll)
            {
                return false;
            }
        }

        return false;
    }

    /// <summary>The devices that a request could mean on the node, those in use included where all are asked for.</summary>
    private List<PoolDevice> Candidates(ResourceClaim claim, DeviceRequestPart part, out bool isWhole)
    {
        isWhole = true;
        if (catalog.Class(part.ClassName) is not { } deviceClass)
        {
            throw new InvalidOperationException($"claim {claim.Key}, request {part.Name}: could not retrieve device class {part.ClassName}");
        }

        var found = new List<PoolDevice>();
        foreach (var pool in catalog.Pools)
        {
            foreach (var device in pool.Devices)
            {
                if (!device.IsReachableFrom(_node))
                {
                    continue;
                }

                if (!pool.IsComplete)
                {
                    isWhole = false;
                    break;
                }

                if (selectors.Choose(deviceClass.Spec.Selectors, device, $"class {part.ClassName}")
                    && selectors.Choose(part.Selectors, device, $"claim {claim.Key}, request {part.Name}"))
                {
                    found.Add(device);
                }
            }
        }

        return found;
    }

    private bool IsFree(PoolDevice device, DeviceRequestPart part)
    {
        if (_chosen.Exists(s => s.Device == device && (part.AdminAccess != true || s.Part == part)))
        {
            return false;
        }

        if (device.Device.Taints.Any(t => t.Effect is "NoSchedule" or "NoExecute" && !part.Tolerations.Any(toleration => Tolerates(toleration, t))))
        {
            return false;
        }

        if (part.AdminAccess == true)
        {
            return true;
        }

        if (_taken.Contains(device.Id))
        {
            return false;
        }

        foreach (var consumption in device.Device.ConsumesCounters)
        {
            foreach (var (name, counter) in consumption.Counters)
            {
                var key = (device.Pool, consumption.CounterSet, name);
                if (!device.Pool.Counters.TryGetValue((consumption.CounterSet, name), out var all) || _used.GetValueOrDefault(key) + (counter.Value ?? Quantity.Zero).Nanos > all)
                {
                    return false;
                }
            }
        }

        return true;
    }

    private void Take(PoolDevice device, DeviceRequestPart part, bool isTaken)
    {
        if (part.AdminAccess != true)
        {
            Use(device, isTaken ? 1 : -1);
        }
    }

    private void Use(PoolDevice device, int times)
    {
        foreach (var consumption in device.Device.ConsumesCounters)
        {
            foreach (var (name, counter) in consumption.Counters)
            {
                var key = (device.Pool, consumption.CounterSet, name);
                _used[key] = _used.GetValueOrDefault(key) + (times * (counter.Value ?? Quantity.Zero).Nanos);
            }
        }
    }

    /// <summary>Whether a device goes with those that the claim has got so far, as its constraints have it.</summary>
    private bool Suits(ResourceClaim claim, int index, DeviceRequestPart part, PoolDevice device)
    {
        if (_chosen.Count(s => s.Claim == index) >= ResultsMax)
        {
            return false;
        }

        foreach (var constraint in claim.Spec.Devices.Constraints)
        {
            if ((constraint.MatchAttribute ?? constraint.DistinctAttribute) is not { } name)
            {
                // Of a kind that is newer than this program.
                throw new InvalidOperationException($"claim {claim.Key}: empty constraint (unsupported constraint type?)");
            }

            if (!part.IsAmong(constraint.Requests))
            {
                continue;
            }

            if (device.Attribute(name) is not { } own)
            {
                return false;
            }

            foreach (var other in _chosen)
            {
                if (other.Claim == index && other.Part.IsAmong(constraint.Requests) && own.Equals(other.Device.Attribute(name)) != (constraint.MatchAttribute is not null))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static bool Tolerates(DeviceToleration toleration, DeviceTaint taint) =>
        (toleration.Effect.Length == 0 || toleration.Effect == taint.Effect)
        && (toleration.Key.Length == 0 || toleration.Key == taint.Key)
        && (toleration.Operator == "Exists" || toleration.Value == taint.Value);

    private AllocationResult Result(ResourceClaim claim, int index)
    {
        var steps = _chosen.Where(s => s.Claim == index).ToArray();
        var parts = steps.Select(static s => s.Part).Distinct().ToArray();
        var configurations = new List<DeviceAllocationConfiguration>();
        foreach (var part in parts)
        {
            configurations.AddRange((catalog.Class(part.ClassName)?.Spec.Config ?? ApiList<DeviceClassConfiguration>.Empty)
                .Select(c => new DeviceAllocationConfiguration { Source = "FromClass", Requests = [part.Name], Opaque = c.Opaque }));
        }

        configurations.AddRange(claim.Spec.Devices.Config.Where(c => parts.Any(p => p.IsAmong(c.Requests)))
            .Select(static c => new DeviceAllocationConfiguration { Source = "FromClaim", Requests = c.Requests, Opaque = c.Opaque }));
        return new()
        {
            Devices = new()
            {
                Results =
                [
                    .. steps.Select(static s => new DeviceRequestAllocationResult
                    {
                        Request = s.Part.Name,
                        Driver = s.Device.Id.Driver,
                        Pool = s.Device.Id.Pool,
                        Device = s.Device.Id.Name,
                        AdminAccess = s.Part.AdminAccess,
                        Tolerations = s.Part.Tolerations,
                    }),
                ],
                Config = [.. configurations],
            },
            NodeSelector = NodesOf(steps),
        };
    }

    /// <summary>The nodes that reach all of the devices; null for all nodes.</summary>
    private NodeSelector? NodesOf(Step[] steps)
    {
        if (steps.Any(static s => s.Device.IsLocal))
        {
            return new() { NodeSelectorTerms = [new() { MatchFields = [new() { Key = "metadata.name", Operator = "In", Values = [_node.Metadata.Name] }] }] };
        }

        var terms = steps.Select(static s => s.Device.Selector).OfType<NodeSelector>().Distinct().SelectMany(static s => s.NodeSelectorTerms).ToArray();
        return terms.Length == 0 ? null : new()
        {
            NodeSelectorTerms =
            [
                new()
                {
                    MatchExpressions = [.. terms.SelectMany(static t => t.MatchExpressions).Distinct()],
                    MatchFields = [.. terms.SelectMany(static t => t.MatchFields).Distinct()],
                },
            ],
        };
    }
}
