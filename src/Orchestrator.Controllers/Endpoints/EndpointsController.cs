using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;
using Orchestrator.Controllers.EndpointSlices;

namespace Orchestrator.Controllers.Endpoints;

using Endpoints = Orchestrator.Api.Core.V1.Endpoints;

/// <summary>Endpoints, the elder form of EndpointSlices, for those who still read them.</summary>
internal sealed class EndpointsController : QueueController
{
    public const string ManagedByLabel = "endpoints.kubernetes.io/managed-by";
    private const string ManagedBy = "endpoint-controller";
    private const string OverCapacity = "endpoints.kubernetes.io/over-capacity";
    private const int MaxAddresses = 1000;

    private readonly IInformer<Service> _services;
    private readonly IInformer<Pod> _pods;
    private readonly IInformer<Endpoints> _endpoints;
    private readonly IEventRecorder _events;
    private readonly TriggerTimes _triggers = new();

    public EndpointsController(ControllerContext context)
        : base("endpoints-controller", context, workers: 5)
    {
        _events = context.Recorder("endpoint-controller");
        _services = Watch<Service>();
        _pods = context.Informers.Get<Pod>();
        ServicePods.Watch(_pods, _services, Queue.Add);
        _endpoints = context.Informers.Get<Endpoints>();
        _endpoints.AddHandler(deleted: e => Queue.Add(e.Key));
    }

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        var current = _endpoints.Find(key);
        if (!_services.TryGet(key, out var service))
        {
            _triggers.Forget(key);
            if (current is null || !current.Metadata.Labels.ContainsKey(ManagedByLabel))
            {
                // The API server deletes those of the Service's name; others are their makers'.
                return ReconcileResult.Done;
            }

            var deleted = await Client.DeleteAsync(ResourcePath.Of<Endpoints>(key), null, cancellationToken);
            return deleted.IsOk || deleted.IsNotFound ? ReconcileResult.Done : deleted.Error;
        }

        if (service.Spec.Type == "ExternalName" || service.Spec.Selector.Count == 0)
        {
            return ReconcileResult.Done;
        }

        var pods = ServicePods.Selected(service, _pods).ToList();
        var trigger = _triggers.Next(service, pods);
        var (subsets, truncated) = Truncate(SubsetPacker.Pack(AddressesOf(service, pods)));
        var labels = service.Metadata.Labels.Without(ServicePods.HeadlessLabel).With(ManagedByLabel, ManagedBy);
        labels = ServicePods.IsHeadless(service) ? labels.With(ServicePods.HeadlessLabel, "") : labels;
        var annotations = current?.Metadata.Annotations ?? ApiMap<string>.Empty;
        if (current is not null
            && SubsetPacker.SameContent(current.Subsets, subsets)
            && current.Metadata.Labels.Equals(labels)
            && annotations.ContainsKey(OverCapacity) == truncated)
        {
            return ReconcileResult.Done;
        }

        annotations = trigger is { } time ? annotations.With(ServicePods.TriggerTimeAnnotation, ApiTime.Format(time)) : annotations.Without(ServicePods.TriggerTimeAnnotation);
        annotations = truncated ? annotations.With(OverCapacity, "truncated") : annotations.Without(OverCapacity);
        var wanted = (current ?? new() { Metadata = new() { Namespace = key.Namespace, Name = key.Name } }) with { Subsets = subsets };
        wanted = wanted with { Metadata = wanted.Metadata with { Labels = labels, Annotations = annotations } };
        var written = current is null ? await Client.CreateAsync(wanted, cancellationToken) : await Client.UpdateAsync(wanted, cancellationToken);
        if (written.IsOk || written.IsNamespaceTerminating)
        {
            return ReconcileResult.Done;
        }

        if (!written.IsConflict && !written.IsAlreadyExists)
        {
            var verb = current is null ? "create" : "update";
            _events.Warning(service, current is null ? "FailedToCreateEndpoint" : "FailedToUpdateEndpoint", $"Failed to {verb} endpoint {key}: {written.Error.Message}");
        }

        return written.Error;
    }

    private static IEnumerable<(EndpointAddress Address, EndpointPort? Port, bool Ready)> AddressesOf(Service service, List<Pod> pods)
    {
        var family = service.Spec.IpFamilies.Count > 0 ? service.Spec.IpFamilies[0] : service.Spec.ClusterIP.Contains(':', StringComparison.Ordinal) ? "IPv6" : "IPv4";
        foreach (var pod in pods)
        {
            if (!ServicePods.Counts(pod, service.Spec.PublishNotReadyAddresses) || ServicePods.Address(pod, family) is not { } ip)
            {
                continue;
            }

            var address = new EndpointAddress
            {
                Ip = ip,
                NodeName = pod.Spec.NodeName.Length > 0 ? pod.Spec.NodeName : null,
                Hostname = ServicePods.Hostname(service, pod) ?? "",
                TargetRef = new() { Kind = "Pod", Namespace = pod.Metadata.Namespace, Name = pod.Metadata.Name, Uid = pod.Metadata.Uid },
            };
            var ready = service.Spec.PublishNotReadyAddresses || pod.IsReady;
            if (service.Spec.Ports.Count == 0)
            {
                if (ServicePods.IsHeadless(service))
                {
                    yield return (address, null, ready);
                }

                continue;
            }

            foreach (var port in service.Spec.Ports)
            {
                if (ServicePorts.Resolve(port, pod) is { } number)
                {
                    var target = new EndpointPort { Name = port.Name, Port = number, Protocol = port.Protocol.Length == 0 ? "TCP" : port.Protocol, AppProtocol = port.AppProtocol };
                    yield return (address, target, ready);
                }
            }
        }
    }

    /// <summary>At most a thousand addresses, ready ones first, as upstream cuts.</summary>
    private static (ApiList<EndpointSubset> Subsets, bool Truncated) Truncate(ApiList<EndpointSubset> subsets)
    {
        var ready = subsets.Sum(static s => s.Addresses.Count);
        var total = ready + subsets.Sum(static s => s.NotReadyAddresses.Count);
        if (total <= MaxAddresses)
        {
            return (subsets, false);
        }

        var readyLeft = Math.Min(ready, MaxAddresses);
        var otherLeft = MaxAddresses - readyLeft;
        var kept = new List<EndpointSubset>();
        foreach (var subset in subsets)
        {
            var addresses = subset.Addresses.Take(readyLeft).ToApiList();
            var others = subset.NotReadyAddresses.Take(otherLeft).ToApiList();
            readyLeft -= addresses.Count;
            otherLeft -= others.Count;
            if (addresses.Count + others.Count > 0)
            {
                kept.Add(subset with { Addresses = addresses, NotReadyAddresses = others });
            }
        }

        return (kept.ToApiList(), true);
    }
}
