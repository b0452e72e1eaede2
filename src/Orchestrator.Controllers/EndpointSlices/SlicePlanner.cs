using Orchestrator.Api;
using Orchestrator.Api.Discovery.V1;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.Controllers.EndpointSlices;

/// <summary>Distributes endpoints over slices with as few writes as possible. Pure.</summary>
/// <remarks>
/// Per set of ports: 1. slices drop what is gone and take changes of what stays; 2. new endpoints fill the slices that are written anyway;
/// 3. what is left goes into the slice with the most room that takes it all, or into new slices. A Service without endpoints keeps one
/// empty slice, so that it can be told from one that has not been looked at.
/// </remarks>
/// <param name="template">A slice with the metadata that every slice of the Service has, and its address type.</param>
/// <param name="maxEndpoints">How many endpoints a slice may hold.</param>
internal sealed class SlicePlanner(EndpointSlice template, int maxEndpoints)
{
    public SlicePlan Plan(IReadOnlyCollection<EndpointSlice> existing, IReadOnlyDictionary<ApiList<EndpointPort>, List<Endpoint>> desired)
    {
        var plan = new SlicePlan();
        var byPorts = existing.GroupBy(static s => s.Ports).ToDictionary(static g => g.Key, static g => g.ToList());
        foreach (var (ports, slices) in byPorts)
        {
            if (!desired.ContainsKey(ports))
            {
                plan.Delete.AddRange(slices);
            }
        }

        foreach (var (ports, endpoints) in desired)
        {
            PlanPorts(plan, ports, byPorts.GetValueOrDefault(ports) ?? [], endpoints);
        }

        if (existing.Count == plan.Delete.Count && plan.Create.Count == 0)
        {
            KeepPlaceholder(plan, existing);
        }

        // A slice that would go serves as one that would come.
        while (plan.Create.Count > 0 && plan.Delete.Count > 0)
        {
            var (wanted, spare) = (plan.Create[^1], plan.Delete[^1]);
            plan.Create.RemoveAt(plan.Create.Count - 1);
            plan.Delete.RemoveAt(plan.Delete.Count - 1);
            plan.Update.Add(spare with { Metadata = MetadataFor(spare.Metadata), Endpoints = wanted.Endpoints, Ports = wanted.Ports });
        }

        return plan;
    }

    private void PlanPorts(SlicePlan plan, ApiList<EndpointPort> ports, List<EndpointSlice> slices, List<Endpoint> endpoints)
    {
        var missing = new Dictionary<(string, string), Endpoint>(endpoints.Count);
        foreach (var endpoint in endpoints)
        {
            missing[IdOf(endpoint)] = endpoint;
        }

        var kept = new List<(EndpointSlice Slice, List<Endpoint> Endpoints)>();
        var written = new List<(EndpointSlice Slice, List<Endpoint> Endpoints)>();
        foreach (var slice in slices)
        {
            var (staying, changed) = (new List<Endpoint>(slice.Endpoints.Count), false);
            foreach (var endpoint in slice.Endpoints)
            {
                if (missing.Remove(IdOf(endpoint), out var wanted))
                {
                    staying.Add(wanted);
                    changed |= !wanted.Equals(endpoint);
                }
                else
                {
                    changed = true;
                }
            }

            // The trigger time alone is no reason to write.
            changed |= !slice.Metadata.Labels.Equals(template.Metadata.Labels) || !slice.Metadata.OwnerReferences.Equals(template.Metadata.OwnerReferences);
            if (staying.Count == 0)
            {
                plan.Delete.Add(slice);
            }
            else if (changed)
            {
                written.Add((slice, staying));
            }
            else
            {
                kept.Add((slice, staying));
            }
        }

        var left = new Queue<Endpoint>(missing.Values);
        foreach (var (_, staying) in written.OrderByDescending(static w => w.Endpoints.Count))
        {
            while (left.Count > 0 && staying.Count < maxEndpoints)
            {
                staying.Add(left.Dequeue());
            }
        }

        while (left.Count > 0)
        {
            var fitting = kept.Where(k => k.Endpoints.Count + left.Count <= maxEndpoints).OrderByDescending(static k => k.Endpoints.Count).FirstOrDefault();
            if (fitting.Slice is not null)
            {
                kept.Remove(fitting);
                fitting.Endpoints.AddRange(left);
                left.Clear();
                written.Add(fitting);
                break;
            }

            var batch = new List<Endpoint>(Math.Min(left.Count, maxEndpoints));
            while (left.Count > 0 && batch.Count < maxEndpoints)
            {
                batch.Add(left.Dequeue());
            }

            plan.Create.Add(Slice(ports, batch));
        }

        plan.Update.AddRange(written.Select(w => w.Slice with { Metadata = MetadataFor(w.Slice.Metadata), Endpoints = w.Endpoints.ToApiList() }));
    }

    private void KeepPlaceholder(SlicePlan plan, IReadOnlyCollection<EndpointSlice> existing)
    {
        var placeholder = existing.FirstOrDefault(s => s.Endpoints.Count == 0 && s.Ports.Count == 0
            && s.Metadata.Labels.Equals(template.Metadata.Labels) && s.Metadata.OwnerReferences.Equals(template.Metadata.OwnerReferences));
        if (placeholder is not null)
        {
            plan.Delete.Remove(placeholder);
        }
        else
        {
            plan.Create.Add(template);
        }
    }

    // Lists that Go would leave nil are left unset, so that they are written as null.
    private EndpointSlice Slice(ApiList<EndpointPort> ports, List<Endpoint> endpoints)
    {
        var slice = template with { Endpoints = endpoints.ToApiList() };
        return ports.Count == 0 ? slice : slice with { Ports = ports };
    }

    private ObjectMeta MetadataFor(ObjectMeta metadata) => metadata with
    {
        Labels = template.Metadata.Labels,
        Annotations = template.Metadata.Annotations,
        OwnerReferences = template.Metadata.OwnerReferences,
    };

    // An endpoint stays the same one as long as its pod and address do.
    private static (string, string) IdOf(Endpoint endpoint) =>
        (endpoint.TargetRef is { } target ? target.Uid + "/" + target.Name : "", string.Join(",", endpoint.Addresses));
}
