using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Discovery.V1;
using Orchestrator.Client;
using EndpointPort = Orchestrator.Api.Discovery.V1.EndpointPort;

namespace Orchestrator.Controllers.EndpointSlices;

/// <summary>EndpointSlices of Services with a selector.</summary>
internal sealed class EndpointSliceController : QueueController
{
    public const string ServiceNameLabel = "kubernetes.io/service-name";
    public const string ManagedByLabel = "endpointslice.kubernetes.io/managed-by";
    private const string ManagedBy = "endpointslice-controller.k8s.io";
    private const int MaxEndpoints = 100;
    private const string ServiceIndex = "service";

    private readonly IInformer<Service> _services;
    private readonly IInformer<Pod> _pods;
    private readonly IInformer<Node> _nodes;
    private readonly IInformer<EndpointSlice> _slices;
    private readonly IEventRecorder _events;
    private readonly TriggerTimes _triggers = new();
    private readonly SliceTracker _tracker = new();
    private readonly TopologyHints _hints = new();

    public EndpointSliceController(ControllerContext context)
        : base("endpointslice-controller", context, workers: 5)
    {
        _events = context.Recorder("endpoint-slice-controller");
        _services = Watch<Service>();
        _pods = context.Informers.Get<Pod>();
        ServicePods.Watch(_pods, _services, Queue.Add);
        _nodes = context.Informers.Get<Node>();
        _nodes.AddHandler(
            added: _ =>
            {
                LearnNodes();
                EnqueueAll();
            },
            updated: (old, node) =>
            {
                if (old.Metadata.Labels.GetValueOrDefault(ZoneLabel) != node.Metadata.Labels.GetValueOrDefault(ZoneLabel))
                {
                    LearnNodes();
                    EnqueueAll();
                }
                else if (IsReady(old) != IsReady(node) || !Equals(old.Status.Allocatable.GetValueOrDefault("cpu"), node.Status.Allocatable.GetValueOrDefault("cpu")))
                {
                    LearnNodes();
                }
            },
            deleted: _ => LearnNodes());
        _slices = context.Informers.Get<EndpointSlice>();
        _slices.AddIndex(ServiceIndex, static s => ServiceOf(s) is { } key ? [key.ToString()] : []);
        _slices.AddHandler(added: OnSlice, updated: (_, s) => OnSlice(s), deleted: s =>
        {
            if (ServiceOf(s) is { } key)
            {
                _tracker.Gone(key, s.Metadata.Uid);
                Queue.Add(key);
            }
        });
    }

    private const string ZoneLabel = "topology.kubernetes.io/zone";

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_services.TryGet(key, out var service))
        {
            // Its slices are the garbage collector's.
            _triggers.Forget(key);
            _tracker.Forget(key);
            _hints.Forget(key, "IPv4");
            _hints.Forget(key, "IPv6");
            return ReconcileResult.Done;
        }

        if (service.Spec.Type == "ExternalName" || service.Spec.Selector.Count == 0)
        {
            return ReconcileResult.Done;
        }

        var pods = ServicePods.Selected(service, _pods).ToList();
        var slices = _slices.ByIndex(ServiceIndex, key.ToString()).Where(static s => !s.IsBeingDeleted).ToList();
        if (_tracker.IsStale(key, slices))
        {
            return ReconcileResult.Retry;
        }

        var trigger = _triggers.Next(service, pods);
        var families = Families(service);
        var writer = new SliceWriter(Client, _tracker, key);
        var errors = new List<string>();
        foreach (var stray in slices.Where(s => !families.Contains(s.AddressType)).ToList())
        {
            await writer.DeleteAsync(stray, cancellationToken);
        }

        foreach (var family in families)
        {
            var template = Template(service, family, trigger);
            var existing = slices.Where(s => s.AddressType == family).ToList();
            var hinted = TopologyHints.IsWanted(service);
            var plan = new SlicePlanner(template, MaxEndpoints).Plan(existing, Desired(service, pods, family, hinted ? existing : [], errors));
            var hintsEvent = hinted ? _hints.Apply(key, family, plan, existing) : _hints.Forget(key, family);
            if (await writer.WriteAsync(plan, cancellationToken) is { } error)
            {
                if (!error.HasCause("NamespaceTerminating"))
                {
                    _events.Warning(service, "FailedToUpdateEndpointSlices", $"Error updating Endpoint Slices for Service {key}: {error.Message}");
                }

                return error;
            }

            switch (hintsEvent)
            {
                case { Type: "Normal" }:
                    _events.Normal(service, hintsEvent.Reason, hintsEvent.Message);
                    break;
                case not null:
                    _events.Warning(service, hintsEvent.Reason, hintsEvent.Message);
                    break;
            }
        }

        if (errors.Count > 0)
        {
            // The others have their endpoints; those are tried again.
            var message = errors.Count == 1 ? errors[0] : $"[{string.Join(", ", errors)}]";
            _events.Warning(service, "FailedToUpdateEndpointSlices", $"Error updating Endpoint Slices for Service {key}: {message}");
            return ReconcileResult.Retry;
        }

        return ReconcileResult.Done;
    }

    private static bool IsReady(Node node) => node.Status.Conditions.Any(static c => c is { Type: "Ready", Status: "True" });

    private static IReadOnlyList<string> Families(Service service) => service.Spec.IpFamilies.Count > 0 ? service.Spec.IpFamilies
        : service.Spec.ClusterIP.Contains(':', StringComparison.Ordinal) ? ["IPv6"]
        : ["IPv4"];

    private static ObjectKey? ServiceOf(EndpointSlice slice) =>
        slice.Metadata.Labels.GetValueOrDefault(ManagedByLabel) == ManagedBy && slice.Metadata.Labels.TryGetValue(ServiceNameLabel, out var name)
            ? new(slice.Metadata.Namespace, name)
            : null;

    private static EndpointSlice Template(Service service, string family, DateTimeOffset? trigger)
    {
        var labels = ApiMap<string>.From(service.Metadata.Labels.Where(static l => l.Key is not (ServiceNameLabel or ManagedByLabel or ServicePods.HeadlessLabel)))
            .With(ServiceNameLabel, service.Metadata.Name)
            .With(ManagedByLabel, ManagedBy);
        return new()
        {
            Metadata = new()
            {
                Namespace = service.Metadata.Namespace,
                GenerateName = service.Metadata.Name + "-",
                Labels = ServicePods.IsHeadless(service) ? labels.With(ServicePods.HeadlessLabel, "") : labels,
                Annotations = trigger is { } time ? ApiMap<string>.Empty.With(ServicePods.TriggerTimeAnnotation, ApiTime.Format(time)) : ApiMap<string>.Empty,
                OwnerReferences = [service.ToControllerRef()],
            },
            AddressType = family,
        };
    }

    /// <param name="service">The Service.</param>
    /// <param name="pods">Those it selects.</param>
    /// <param name="family">Of the addresses.</param>
    /// <param name="hinted">Slices whose hints endpoints keep for now.</param>
    /// <param name="errors">Takes what kept a pod out.</param>
    private Dictionary<ApiList<EndpointPort>, List<Endpoint>> Desired(Service service, List<Pod> pods, string family, List<EndpointSlice> hinted, List<string> errors)
    {
        var hints = new Dictionary<string, EndpointHints>(StringComparer.Ordinal);
        foreach (var endpoint in hinted.SelectMany(static s => s.Endpoints))
        {
            if (endpoint is { Hints: { } own, TargetRef.Uid: { } uid })
            {
                hints[uid] = own;
            }
        }

        var desired = new Dictionary<ApiList<EndpointPort>, List<Endpoint>>();
        foreach (var pod in pods)
        {
            if (!ServicePods.Counts(pod, includeTerminating: true) || ServicePods.Address(pod, family) is not { } address)
            {
                continue;
            }

            // A pod on a node that is gone is not reachable; its endpoint goes with the node, unless all addresses are wanted in any case.
            var node = pod.Spec.NodeName.Length > 0 ? _nodes.Find("", pod.Spec.NodeName) : null;
            if (pod.Spec.NodeName.Length > 0 && node is null && !service.Spec.PublishNotReadyAddresses)
            {
                errors.Add($"skipping Pod {pod.Metadata.Name} for Service {service.Key}: Node {pod.Spec.NodeName} Not Found");
                continue;
            }

            var ports = ServicePorts.Of(service, pod);
            if (!desired.TryGetValue(ports, out var endpoints))
            {
                desired[ports] = endpoints = [];
            }

            var made = EndpointOf(service, pod, node, address);
            endpoints.Add(hints.TryGetValue(pod.Metadata.Uid, out var kept) ? made with { Hints = kept } : made);
        }

        if (service.Spec.TrafficDistribution is { } distribution && !TopologyHints.IsWanted(service))
        {
            foreach (var endpoints in desired.Values)
            {
                TrafficHints.Apply(endpoints, distribution);
            }
        }

        return desired;
    }

    private static Endpoint EndpointOf(Service service, Pod pod, Node? node, string address)
    {
        var serving = pod.IsReady;
        var terminating = pod.IsBeingDeleted;
        return new()
        {
            Addresses = [address],
            Conditions = new()
            {
                Ready = service.Spec.PublishNotReadyAddresses || (serving && !terminating),
                Serving = serving,
                Terminating = terminating,
            },
            Hostname = ServicePods.Hostname(service, pod),
            TargetRef = new() { Kind = "Pod", Namespace = pod.Metadata.Namespace, Name = pod.Metadata.Name, Uid = pod.Metadata.Uid },
            NodeName = pod.Spec.NodeName.Length > 0 ? pod.Spec.NodeName : null,
            Zone = node?.Metadata.Labels.GetValueOrDefault(ZoneLabel),
        };
    }

    private void OnSlice(EndpointSlice slice)
    {
        if (ServiceOf(slice) is { } key)
        {
            Queue.Add(key);
        }
    }

    private void LearnNodes()
    {
        foreach (var service in _hints.SetNodes(_nodes.List()))
        {
            Queue.Add(service);
        }
    }

    private void EnqueueAll()
    {
        foreach (var service in _services.List())
        {
            Queue.Add(service.Key);
        }
    }
}
