using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.Quotas;

/// <summary>ResourceQuotas: counts what namespaces use. Admission charges what is created; this brings the count back in step when things go.</summary>
internal sealed class ResourceQuotaController : QueueController
{
    private const string StorageClassAnnotation = "volume.beta.kubernetes.io/storage-class";
    private const string StorageClassPart = ".storageclass.storage.k8s.io/";
    private const string DevicesPart = ".deviceclass.resource.k8s.io/devices";
    private static readonly TimeSpan Resync = TimeSpan.FromMinutes(5);

    private readonly IInformer<ResourceQuota> _quotas;
    private readonly IInformer<Pod> _pods;
    private readonly IInformer<Service> _services;
    private readonly IInformer<PersistentVolumeClaim> _claims;
    private readonly HashSet<string> _counted = [];

    public ResourceQuotaController(ControllerContext context)
        : base("resourcequota-controller", context, workers: 5)
    {
        // What is created admission has charged already; counting it again from a cache that lags would take the charge back for a moment.
        _quotas = context.Informers.Get<ResourceQuota>();
        _quotas.AddHandler(added: q => Queue.Add(q.Key), updated: (old, q) =>
        {
            if (!old.Spec.Equals(q.Spec))
            {
                Queue.Add(q.Key);
            }
        });
        _pods = context.Informers.Get<Pod>();
        _pods.AddHandler(
            updated: (old, p) =>
            {
                // A pod resized in place uses another amount.
                if (old.IsTerminal != p.IsTerminal || (old.Metadata.Generation != p.Metadata.Generation && !PodAmounts.Same(old, p)))
                {
                    Enqueue(p.Metadata.Namespace);
                }
            },
            deleted: p => Enqueue(p.Metadata.Namespace));
        _services = context.Informers.Get<Service>();
        _services.AddHandler(
            updated: (old, s) =>
            {
                if (old.Spec.Type != s.Spec.Type || NodePorts(old) != NodePorts(s))
                {
                    Enqueue(s.Metadata.Namespace);
                }
            },
            deleted: s => Enqueue(s.Metadata.Namespace));
        _claims = context.Informers.Get<PersistentVolumeClaim>();
        _claims.AddHandler(
            updated: (old, c) =>
            {
                if (!old.Spec.Resources.Equals(c.Spec.Resources) || !ClaimScopes.ClassesOf(old).SequenceEqual(ClaimScopes.ClassesOf(c)))
                {
                    Enqueue(c.Metadata.Namespace);
                }
            },
            deleted: c => Enqueue(c.Metadata.Namespace));
    }

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_quotas.TryGet(key, out var quota))
        {
            return ReconcileResult.Done;
        }

        var used = ApiMap<Quantity>.Empty;
        foreach (var (name, _) in quota.Spec.Hard)
        {
            var (amount, error) = await UsedAsync(quota, name, cancellationToken);
            if (error is not null)
            {
                return error;
            }

            if (amount is not null)
            {
                used = used.With(name, amount);
            }
        }

        var status = new ResourceQuotaStatus { Hard = quota.Spec.Hard, Used = used };
        if (Same(status.Hard, quota.Status.Hard) && Same(status.Used, quota.Status.Used))
        {
            return ReconcileResult.RevisitAfter(Resync);
        }

        var written = await Client.UpdateStatusAsync(quota with { Status = status }, cancellationToken);
        return written.IsOk || written.IsNotFound ? ReconcileResult.RevisitAfter(Resync) : written.Error;
    }

    // 1 and 1000m are the same amount.
    private static bool Same(ApiMap<Quantity> left, ApiMap<Quantity> right) =>
        left.Count == right.Count && left.All(l => right.TryGetValue(l.Key, out var other) && other.CompareTo(l.Value) == 0);

    private async ValueTask<(Quantity? Amount, Status? Error)> UsedAsync(ResourceQuota quota, string name, CancellationToken cancellationToken)
    {
        var ns = quota.Metadata.Namespace;
        var scoped = quota.Spec.Scopes.Count > 0 || quota.Spec.ScopeSelector is not null;
        if (name == "pods" || IsCompute(name))
        {
            var total = Quantity.Zero;
            foreach (var pod in _pods.List(ns))
            {
                if (!pod.IsTerminal && !IsOverdue(pod) && QuotaScopes.Cover(quota, pod))
                {
                    total += name == "pods" ? Quantity.FromLong(1) : PodAmount(pod, name);
                }
            }

            return (total, null);
        }

        if (name == "count/pods")
        {
            // Unlike "pods" this counts objects, ended ones too.
            return (Quantity.FromLong(_pods.List(ns).Count(p => QuotaScopes.Cover(quota, p))), null);
        }

        var inScope = scoped ? _claims.List(ns).Where(c => ClaimScopes.Cover(quota, c)).ToList() : _claims.List(ns).ToList();
        switch (name)
        {
            case "persistentvolumeclaims" or "count/persistentvolumeclaims":
                return (Quantity.FromLong(inScope.Count), null);
            case "requests.storage":
                return (Storage(inScope), null);
        }

        if (name.IndexOf(StorageClassPart, StringComparison.Ordinal) is var cut and > 0)
        {
            var claims = inScope.Where(c => (c.Metadata.Annotations.GetValueOrDefault(StorageClassAnnotation) ?? c.Spec.StorageClassName) == name[..cut]).ToList();
            return name[(cut + StorageClassPart.Length)..] switch
            {
                "requests.storage" => (Storage(claims), null),
                "persistentvolumeclaims" => (Quantity.FromLong(claims.Count), null),
                _ => (null, null),
            };
        }

        if (scoped)
        {
            return (null, null);
        }

        switch (name)
        {
            case "services" or "count/services":
                return (Quantity.FromLong(_services.List(ns).Count), null);
            case "services.loadbalancers":
                return (Quantity.FromLong(_services.List(ns).Count(static s => s.Spec.Type == "LoadBalancer")), null);
            case "services.nodeports":
                return (Quantity.FromLong(_services.List(ns).Sum(NodePorts)), null);
        }

        if (name.EndsWith(DevicesPart, StringComparison.Ordinal))
        {
            var claims = Context.Informers.Get<Api.Resources.V1.ResourceClaim>();
            await claims.WaitForSyncAsync(cancellationToken);
            return (Quantity.FromLong(claims.List(ns).Sum(c => ClaimedDevices.Count(c, name[..^DevicesPart.Length]))), null);
        }

        return await CountAsync(ns, name, cancellationToken);
    }

    /// <summary>Objects of any other kind, by <c>count/resource.group</c> or one of the old short names.</summary>
    private async ValueTask<(Quantity? Amount, Status? Error)> CountAsync(string ns, string name, CancellationToken cancellationToken)
    {
        var resourceName = name.StartsWith("count/", StringComparison.Ordinal) ? name[6..]
            : name is "secrets" or "configmaps" or "replicationcontrollers" or "resourcequotas" ? name
            : null;
        if (resourceName is null)
        {
            return (null, null);
        }

        var discovered = await Client.DiscoverAsync(cancellationToken);
        if (!discovered.IsOk)
        {
            return (null, discovered.Error);
        }

        if (discovered.Value.Resources.FirstOrDefault(r => r.Namespaced && r.GroupResource == resourceName) is not { } resource)
        {
            return (null, null);
        }

        var objects = Context.Informers.Get<PartialObjectMetadata>(resource);
        bool isNew;
        lock (_counted)
        {
            isNew = _counted.Add(resourceName);
        }

        if (isNew)
        {
            objects.AddHandler(deleted: o => Enqueue(o.Metadata.Namespace));
        }

        await objects.WaitForSyncAsync(cancellationToken);
        return (Quantity.FromLong(objects.List(ns).Count), null);
    }

    // A pod whose kubelet never confirms its end must not be charged for ever.
    private bool IsOverdue(Pod pod) => pod.Metadata.DeletionTimestamp is { } at && at + TimeSpan.FromSeconds(pod.Metadata.DeletionGracePeriodSeconds ?? 0) < Time.GetUtcNow();

    private static bool IsCompute(string name) => name is "cpu" or "memory" or "ephemeral-storage"
        || (name.StartsWith("requests.", StringComparison.Ordinal) && name != "requests.storage") || name.StartsWith("limits.", StringComparison.Ordinal)
        || name.StartsWith("hugepages-", StringComparison.Ordinal);

    private static Quantity PodAmount(Pod pod, string name) => name.StartsWith("limits.", StringComparison.Ordinal)
        ? PodAmounts.Limits(pod).GetValueOrDefault(name[7..], Quantity.Zero)
        : PodAmounts.Requests(pod).GetValueOrDefault(name.StartsWith("requests.", StringComparison.Ordinal) ? name[9..] : name, Quantity.Zero);

    private static long NodePorts(Service service) => service.Spec.Type switch
    {
        "NodePort" => service.Spec.Ports.Count,
        "LoadBalancer" => service.Spec.AllocateLoadBalancerNodePorts == false ? service.Spec.Ports.Count(static p => p.NodePort != 0) : service.Spec.Ports.Count,
        _ => 0,
    };

    private static Quantity Storage(IEnumerable<PersistentVolumeClaim> claims)
    {
        var total = Quantity.Zero;
        foreach (var claim in claims)
        {
            if ((claim.Spec.Resources ?? VolumeResourceRequirements.Empty).Requests.TryGetValue("storage", out var size))
            {
                total += size;
            }
        }

        return total;
    }

    private void Enqueue(string ns)
    {
        foreach (var quota in _quotas.List(ns))
        {
            Queue.Add(quota.Key);
        }
    }
}
