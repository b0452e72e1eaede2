using System.Net;
using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Networking.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.ServiceCidrs;

/// <summary>Calls ServiceCIDRs ready, and lets them go only when no address needs them.</summary>
internal sealed class ServiceCidrController : QueueController
{
    private const string Finalizer = "networking.k8s.io/service-cidr-finalizer";
    private const string Manager = "service-cidr-controller";

    // By then every server has heard that the range is going and gives no address out of it any more.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly IInformer<ServiceCIDR> _ranges;
    private readonly IInformer<Api.Networking.V1.IPAddress> _addresses;

    public ServiceCidrController(ControllerContext context)
        : base("service-cidr-controller", context, workers: 5)
    {
        _ranges = context.Informers.Get<ServiceCIDR>();

        // One that comes or goes may set another free that is waiting.
        _ranges.OnChange(r => EnqueueOverlapping(r));
        _addresses = context.Informers.Get<Api.Networking.V1.IPAddress>();
        _addresses.AddHandler(added: a => EnqueueContaining(a, onlyGoing: true), deleted: a => EnqueueContaining(a, onlyGoing: false));
    }

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_ranges.TryGet(key, out var range))
        {
            return ReconcileResult.Done;
        }

        if (!range.IsBeingDeleted)
        {
            if (!range.Metadata.Finalizers.Contains(Finalizer))
            {
                var kept = await Client.UpdateAsync(range with { Metadata = range.Metadata with { Finalizers = [.. range.Metadata.Finalizers, Finalizer] } }, cancellationToken);
                if (!kept.IsOk)
                {
                    return kept.IsNotFound ? ReconcileResult.Done : kept.Error;
                }

                range = kept.Value;
            }

            return await TellAsync(range, "True", "", "Kubernetes Service CIDR is ready", cancellationToken);
        }

        if (!range.Metadata.Finalizers.Contains(Finalizer))
        {
            return ReconcileResult.Done;
        }

        if (IsNeeded(range))
        {
            return await TellAsync(
                range, "False", "Terminating", "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR", cancellationToken);
        }

        var left = range.Metadata.DeletionTimestamp!.Value + Grace - Time.GetUtcNow();
        if (left > TimeSpan.Zero)
        {
            return ReconcileResult.RevisitAfter(left);
        }

        var freed = await Client.UpdateAsync(range with { Metadata = range.Metadata with { Finalizers = [.. range.Metadata.Finalizers.Where(static f => f != Finalizer)] } }, cancellationToken);
        return freed.IsOk || freed.IsNotFound ? ReconcileResult.Done : freed.Error;
    }

    private async ValueTask<ReconcileResult> TellAsync(ServiceCIDR range, string status, string reason, string message, CancellationToken cancellationToken)
    {
        if (range.Status.Conditions.Any(c => c.Type == "Ready" && c.Status == status && c.Reason == reason && (status == "True" || c.Message == message)))
        {
            return ReconcileResult.Done;
        }

        Condition ready = new() { Type = "Ready", Status = status, Reason = reason, Message = message, LastTransitionTime = Time.NowSeconds() };
        var fields = new ServiceCIDR
        {
            Metadata = new() { Name = range.Metadata.Name },
            Status = new() { Conditions = [ready] },
        };
        var written = await Client.ApplyStatusAsync(fields, Manager, cancellationToken);
        return written.IsOk || written.IsNotFound ? ReconcileResult.Done : written.Error;
    }

    /// <summary>Whether some address is in no other range that stays.</summary>
    private bool IsNeeded(ServiceCIDR range)
    {
        var others = _ranges.List().Where(r => r.Metadata.Name != range.Metadata.Name && !r.IsBeingDeleted).SelectMany(Networks).ToList();
        foreach (var network in Networks(range))
        {
            if (others.Exists(o => o.PrefixLength <= network.PrefixLength && o.Contains(network.BaseAddress)))
            {
                continue;
            }

            foreach (var address in _addresses.List())
            {
                if (System.Net.IPAddress.TryParse(address.Metadata.Name, out var ip) && network.Contains(ip) && !others.Exists(o => o.Contains(ip)))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static IEnumerable<IPNetwork> Networks(ServiceCIDR range)
    {
        foreach (var cidr in range.Spec.Cidrs)
        {
            if (IPNetwork.TryParse(cidr, out var network))
            {
                yield return network;
            }
        }
    }

    private void EnqueueOverlapping(ServiceCIDR changed)
    {
        Queue.Add(changed.Key);
        var networks = Networks(changed).ToList();
        foreach (var range in _ranges.List())
        {
            if (Networks(range).Any(n => networks.Exists(m => m.Contains(n.BaseAddress) || n.Contains(m.BaseAddress))))
            {
                Queue.Add(range.Key);
            }
        }
    }

    private void EnqueueContaining(Api.Networking.V1.IPAddress address, bool onlyGoing)
    {
        if (System.Net.IPAddress.TryParse(address.Metadata.Name, out var ip))
        {
            foreach (var range in _ranges.List())
            {
                if ((range.IsBeingDeleted || !onlyGoing) && Networks(range).Any(n => n.Contains(ip)))
                {
                    Queue.Add(range.Key);
                }
            }
        }
    }
}
