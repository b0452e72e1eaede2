using System.Net;
using System.Net.Sockets;
using Orchestrator.Api;
using Orchestrator.Api.Networking.V1;
using Orchestrator.ApiServer.Admission;

namespace Orchestrator.ApiServer.Services;

/// <summary>The ranges out of which Services get addresses: those of all ServiceCIDRs that are ready. Kept from the store's changes.</summary>
/// <param name="configured">The range that the cluster began with; it is ready before its ServiceCIDR is known.</param>
internal sealed class ServiceRanges(IPNetwork configured) : IObjectView
{
    // Only the writer's.
    private readonly Dictionary<string, ServiceCIDR> _objects = new(StringComparer.Ordinal);

    public IReadOnlyList<ResourceInfo> Resources { get; } = [ServiceCIDR.Resource];

    /// <summary>The configured range first, the others by age.</summary>
    public IReadOnlyList<ServiceRange> Ready { get; private set; } = [new(configured)];

    public void Put(ApiObject obj)
    {
        if (obj is ServiceCIDR range)
        {
            _objects[range.Metadata.Name] = range;
            Publish();
        }
    }

    public void Remove(ApiObject obj)
    {
        _objects.Remove(obj.Metadata.Name);
        Publish();
    }

    private static bool IsReady(ServiceCIDR range) =>
        range.Metadata.DeletionTimestamp is null && range.Status.Conditions.Any(static c => c is { Type: "Ready", Status: "True" });

    private void Publish()
    {
        var first = configured.ToString();
        var ready = _objects.Values.Where(IsReady).OrderBy(static r => r.Metadata.CreationTimestamp).ThenBy(static r => r.Metadata.Name, StringComparer.Ordinal)
            .SelectMany(static r => r.Spec.Cidrs).Distinct(StringComparer.Ordinal);

        // Without an object of its own the configured range is not withdrawn.
        var known = _objects.Values.Any(r => r.Spec.Cidrs.Contains(first));
        Ready = (known ? ready : ready.Prepend(first)).OrderByDescending(c => c == first)
            .Select(static c => IPNetwork.TryParse(c, out var network) ? network : default)
            .Where(static n => n.BaseAddress.AddressFamily == AddressFamily.InterNetwork && n.PrefixLength > 0)
            .Select(static n => new ServiceRange(n))
            .ToArray();
    }
}
