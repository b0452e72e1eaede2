using System.Net;
using System.Net.Sockets;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Discovery.V1;
using Orchestrator.Client;
using Orchestrator.Controllers.Endpoints;
using EndpointPort = Orchestrator.Api.Discovery.V1.EndpointPort;
using EndpointsObject = Orchestrator.Api.Core.V1.Endpoints;

namespace Orchestrator.Controllers.EndpointSlices;

/// <summary>EndpointSlices for Endpoints that users write themselves for Services without a selector.</summary>
internal sealed class EndpointSliceMirroringController : QueueController
{
    private const string ManagedBy = "endpointslicemirroring-controller.k8s.io";
    private const string SkipLabel = "endpointslice.kubernetes.io/skip-mirror";
    private const string LeaderAnnotation = "control-plane.alpha.kubernetes.io/leader";
    private const string MirrorIndex = "mirroredService";
    private const int MaxEndpoints = 1000;

    private readonly IInformer<EndpointsObject> _endpoints;
    private readonly IInformer<Service> _services;
    private readonly IInformer<EndpointSlice> _slices;
    private readonly SliceTracker _tracker = new();

    public EndpointSliceMirroringController(ControllerContext context)
        : base("endpointslice-mirroring-controller", context, workers: 5)
    {
        _endpoints = Watch<EndpointsObject>();
        _services = Watch<Service>();
        _slices = context.Informers.Get<EndpointSlice>();
        _slices.AddIndex(MirrorIndex, static s => ServiceOf(s) is { } key ? [key.ToString()] : []);
        _slices.AddHandler(added: OnSlice, updated: (_, s) => OnSlice(s), deleted: s =>
        {
            if (ServiceOf(s) is { } key)
            {
                _tracker.Gone(key, s.Metadata.Uid);
                Queue.Add(key);
            }
        });
    }

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        var existing = _slices.ByIndex(MirrorIndex, key.ToString()).Where(static s => !s.IsBeingDeleted).ToList();
        if (!_endpoints.TryGet(key, out var endpoints) || !IsMirrored(endpoints) || !_services.TryGet(key, out var service) || service.Spec.Selector.Count > 0)
        {
            _tracker.Forget(key);
            foreach (var slice in existing)
            {
                var deleted = await Client.DeleteAsync(ResourcePath.Of<EndpointSlice>(slice.Key), null, cancellationToken);
                if (!deleted.IsOk && !deleted.IsNotFound)
                {
                    return deleted.Error;
                }
            }

            return ReconcileResult.Done;
        }

        if (_tracker.IsStale(key, existing))
        {
            return ReconcileResult.Retry;
        }

        foreach (var family in new[] { "IPv4", "IPv6" })
        {
            var desired = Desired(endpoints, family);
            var ofFamily = existing.Where(s => s.AddressType == family).ToList();
            if (desired.Count == 0 && ofFamily.Count == 0)
            {
                continue;
            }

            var plan = new SlicePlanner(Template(endpoints, family), MaxEndpoints).Plan(ofFamily, desired);
            if (await new SliceWriter(Client, _tracker, key).WriteAsync(plan, cancellationToken) is { } error)
            {
                return error;
            }
        }

        return ReconcileResult.Done;
    }

    private static bool IsMirrored(EndpointsObject endpoints) =>
        !endpoints.IsBeingDeleted
        && !endpoints.Metadata.Labels.ContainsKey(EndpointsController.ManagedByLabel)
        && endpoints.Metadata.Labels.GetValueOrDefault(SkipLabel) != "true"
        && !endpoints.Metadata.Annotations.ContainsKey(LeaderAnnotation);

    private static ObjectKey? ServiceOf(EndpointSlice slice) =>
        slice.Metadata.Labels.GetValueOrDefault(EndpointSliceController.ManagedByLabel) == ManagedBy
        && slice.Metadata.Labels.TryGetValue(EndpointSliceController.ServiceNameLabel, out var name)
            ? new(slice.Metadata.Namespace, name)
            : null;

    private static EndpointSlice Template(EndpointsObject endpoints, string family) => new()
    {
        Metadata = new()
        {
            Namespace = endpoints.Metadata.Namespace,
            GenerateName = endpoints.Metadata.Name + "-",
            Labels = endpoints.Metadata.Labels.With(EndpointSliceController.ServiceNameLabel, endpoints.Metadata.Name).With(EndpointSliceController.ManagedByLabel, ManagedBy),
            Annotations = endpoints.Metadata.Annotations.Without(ServicePods.TriggerTimeAnnotation).Without("kubectl.kubernetes.io/last-applied-configuration"),
            OwnerReferences = [endpoints.ToControllerRef()],
        },
        AddressType = family,
    };

    private static Dictionary<ApiList<EndpointPort>, List<Endpoint>> Desired(EndpointsObject endpoints, string family)
    {
        var desired = new Dictionary<ApiList<EndpointPort>, List<Endpoint>>();
        foreach (var subset in endpoints.Subsets)
        {
            var ports = subset.Ports.Select(static p => new EndpointPort { Name = p.Name, Port = p.Port, Protocol = p.Protocol, AppProtocol = p.AppProtocol }).ToApiList();
            var addresses = subset.Addresses.Select(static a => (Address: a, Ready: true)).Concat(subset.NotReadyAddresses.Select(static a => (Address: a, Ready: false)));
            foreach (var (address, ready) in addresses.Where(a => FamilyOf(a.Address.Ip) == family))
            {
                if (!desired.TryGetValue(ports, out var list))
                {
                    desired[ports] = list = [];
                }

                list.Add(new()
                {
                    Addresses = [address.Ip],
                    Conditions = new() { Ready = ready },
                    Hostname = address.Hostname.Length > 0 ? address.Hostname : null,
                    TargetRef = address.TargetRef,
                    NodeName = address.NodeName,
                });
            }
        }

        return desired;
    }

    private static string FamilyOf(string ip) =>
        IPAddress.TryParse(ip, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4";

    private void OnSlice(EndpointSlice slice)
    {
        if (ServiceOf(slice) is { } key)
        {
            Queue.Add(key);
        }
    }
}
