using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.ClusterDns;

using Endpoints = Orchestrator.Api.Core.V1.Endpoints;

/// <summary>Shows the cluster's DNS where people and tools look for it: as the Service <c>kube-system/kube-dns</c>.</summary>
/// <remarks>
/// Every node answers at the Service's address itself, so the address is its own and only endpoint. A Service of that name with a selector
/// is somebody's own DNS and is left alone, as is the address when another Service has it.
/// </remarks>
internal sealed class ClusterDnsController : QueueController
{
    private const int Port = 53;
    private static readonly ObjectKey Key = new("kube-system", "kube-dns");

    private readonly string _address;
    private readonly IInformer<Service> _services;
    private readonly IInformer<Endpoints> _endpoints;

    public ClusterDnsController(ControllerContext context)
        : base("cluster-dns-controller", context, workers: 1)
    {
        _address = context.Options.ClusterDns!.ToString();
        _services = context.Informers.Get<Service>();
        _services.OnChange(s => Enqueue(s.Key));
        _endpoints = context.Informers.Get<Endpoints>();
        _endpoints.OnChange(e => Enqueue(e.Key));
    }

    public override Task RunAsync(CancellationToken cancellationToken)
    {
        Queue.Add(Key);
        return base.RunAsync(cancellationToken);
    }

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_services.TryGet(Key, out var service))
        {
            if (_services.List().Any(s => s.Spec.ClusterIP == _address))
            {
                return ReconcileResult.Done;
            }

            var created = await Client.CreateAsync(NewService(), cancellationToken);
            return created.IsOk || created.IsAlreadyExists ? ReconcileResult.Done : created.Error;
        }

        if (service.Spec.Selector.Count > 0 || service.Spec.ClusterIP != _address)
        {
            return ReconcileResult.Done;
        }

        ApiList<EndpointSubset> subsets =
        [
            new()
            {
                Addresses = [new() { Ip = _address }],
                Ports = [new() { Name = "dns", Port = Port, Protocol = "UDP" }, new() { Name = "dns-tcp", Port = Port, Protocol = "TCP" }],
            },
        ];
        if (_endpoints.Find(Key) is not { } endpoints)
        {
            var created = await Client.CreateAsync(
                new Endpoints { Metadata = new() { Namespace = Key.Namespace, Name = Key.Name, Labels = service.Metadata.Labels }, Subsets = subsets }, cancellationToken);
            return created.IsOk || created.IsAlreadyExists ? ReconcileResult.Done : created.Error;
        }

        if (endpoints.Subsets.Equals(subsets))
        {
            return ReconcileResult.Done;
        }

        var updated = await Client.UpdateAsync(endpoints with { Subsets = subsets }, cancellationToken);
        return updated.IsOk || updated.IsNotFound ? ReconcileResult.Done : updated.Error;
    }

    /// <summary>The labels are those by which tools find a cluster's DNS, whatever serves it.</summary>
    private Service NewService() => new()
    {
        Metadata = new()
        {
            Namespace = Key.Namespace,
            Name = Key.Name,
            Labels = new Dictionary<string, string>
            {
                ["k8s-app"] = "kube-dns", ["kubernetes.io/cluster-service"] = "true", ["kubernetes.io/name"] = "CoreDNS",
            },
        },
        Spec = new()
        {
            ClusterIP = _address,
            ClusterIPs = [_address],
            Ports =
            [
                new() { Name = "dns", Protocol = "UDP", Port = Port, TargetPort = Port },
                new() { Name = "dns-tcp", Protocol = "TCP", Port = Port, TargetPort = Port },
            ],
        },
    };

    private void Enqueue(ObjectKey key)
    {
        if (key == Key)
        {
            Queue.Add(Key);
        }
    }
}
