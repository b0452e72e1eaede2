using System.Globalization;
using System.Text.Json.Nodes;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Discovery.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Networking.V1;
using Orchestrator.Api.Scheduling.V1;
using Orchestrator.ApiServer.Access.Rbac;
using Orchestrator.ApiServer.Defaults;
using Orchestrator.ApiServer.FlowControl;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;
using Orchestrator.ApiServer.Services;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer;

/// <summary>
/// What every cluster has from its first start: namespaces, default roles, system priority classes, priority levels, the service of the API server itself.
/// Runs at each start and mends what is missing.
/// </summary>
internal sealed class Bootstrap(ObjectStore objects, Patcher patcher, ResourceRegistry registry, ApiServerOptions options, TimeProvider time, IReadOnlyList<ApiObject> joinObjects)
{
    private static readonly string[] Namespaces = ["default", "kube-system", "kube-public", "kube-node-lease"];

    public async ValueTask RunAsync(CancellationToken cancellationToken)
    {
        // All at once: the store commits them together, with one flush to disk.
        await Task.WhenAll(Namespaces.Select(n => EnsureAsync(new Namespace { Metadata = new ObjectMeta { Name = n } }, cancellationToken)));
        var tasks = BootstrapRbac.Objects().Concat(NodeNetworkRole.Objects()).Select(o => ReconcileAsync(o, cancellationToken)).ToList();
        tasks.Add(EnsureAsync(SystemClass("system-cluster-critical", 2_000_000_000, "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary."), cancellationToken));
        tasks.Add(EnsureAsync(SystemClass("system-node-critical", 2_000_001_000, "Used for system critical pods that must not be moved from their current node."), cancellationToken));
        tasks.Add(EnsureAsync(KubernetesService(), cancellationToken));
        if (!System.Net.IPAddress.IsLoopback(ApiServerHost.AdvertisedAddress(options)))
        {
            // A host without a network has no address that pods could use, and loopback is no endpoint.
            tasks.Add(PublishAsync(KubernetesEndpoints(), cancellationToken));
            tasks.Add(PublishAsync(KubernetesEndpointSlice(), cancellationToken));
        }

        tasks.Add(EnsureServiceRangeAsync(cancellationToken));
        tasks.Add(EnsureAsync(KubernetesAddress(), cancellationToken));
        tasks.AddRange(FlowControlObjects.All().Select(o => FollowReleaseAsync(o, cancellationToken)));
        tasks.AddRange(joinObjects.Select(o => EnsureAsync(o, cancellationToken)));
        await Task.WhenAll(tasks);
    }

    private static PriorityClass SystemClass(string name, int value, string description) =>
        new() { Metadata = new ObjectMeta { Name = name }, Value = value, Description = description };

    private Service KubernetesService() => new()
    {
        Metadata = new ObjectMeta
        {
            Name = "kubernetes",
            Namespace = "default",
            Labels = new Dictionary<string, string> { ["component"] = "apiserver", ["provider"] = "kubernetes" },
        },
        Spec = new ServiceSpec
        {
            ClusterIP = ApiServerHost.FirstOf(options.ServiceRange).ToString(),
            ClusterIPs = [ApiServerHost.FirstOf(options.ServiceRange).ToString()],
            IpFamilies = ["IPv4"],
            IpFamilyPolicy = "SingleStack",
            Type = "ClusterIP",
            SessionAffinity = "None",
            Ports = [new ServicePort { Name = "https", Port = 443, Protocol = "TCP", TargetPort = options.HttpsPort }],
        },
    };

    private ServiceCIDR ServiceRange() => new()
    {
        Metadata = new ObjectMeta { Name = "kubernetes" },
        Spec = new ServiceCIDRSpec { Cidrs = [options.ServiceRange.ToString()] },
    };

    /// <summary>The range, and that it is ready: said by the name of upstream's controller, whose only work this is here.</summary>
    private async Task EnsureServiceRangeAsync(CancellationToken cancellationToken)
    {
        const string Manager = "kubernetes-service-cidr-controller";
        var range = ServiceRange();
        await EnsureAsync(range, cancellationToken);
        if (Stored(range) is not ServiceCIDR { Status.Conditions.Count: 0 })
        {
            return;
        }

        var condition = new JsonObject
        {
            ["type"] = "Ready",
            ["status"] = "True",
            ["message"] = "Kubernetes default Service CIDR is ready",
            ["lastTransitionTime"] = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
        };
        var body = new JsonObject
        {
            ["apiVersion"] = "networking.k8s.io/v1",
            ["kind"] = "ServiceCIDR",
            ["metadata"] = new JsonObject { ["name"] = range.Metadata.Name },
            ["status"] = new JsonObject { ["conditions"] = new JsonArray(condition) },
        };
        var scope = new RequestScope
        {
            Resource = ResourceOf(range), Subresource = "status", Name = range.Metadata.Name, User = UserInfo.ApiServer, Time = time, FieldManager = Manager, GivenFieldManager = Manager,
        };
        await patcher.PatchAsync(scope, "application/apply-patch+yaml", System.Text.Encoding.UTF8.GetBytes(body.ToJsonString()), force: true, cancellationToken);
    }

    private Api.Networking.V1.IPAddress KubernetesAddress() => AddressObjects.Of(ApiServerHost.FirstOf(options.ServiceRange).ToString(), new("default", "kubernetes"));

    private Endpoints KubernetesEndpoints() => new()
    {
        Metadata = new ObjectMeta
        {
            Name = "kubernetes",
            Namespace = "default",
            Labels = new Dictionary<string, string> { ["endpointslice.kubernetes.io/skip-mirror"] = "true" },
        },
        Subsets =
        [
            new EndpointSubset
            {
                Addresses = [new EndpointAddress { Ip = ApiServerHost.AdvertisedAddress(options).ToString() }],
                Ports = [new Api.Core.V1.EndpointPort { Name = "https", Port = options.HttpsPort, Protocol = "TCP" }],
            },
        ],
    };

    private EndpointSlice KubernetesEndpointSlice() => new()
    {
        Metadata = new ObjectMeta
        {
            Name = "kubernetes",
            Namespace = "default",
            Labels = new Dictionary<string, string> { ["kubernetes.io/service-name"] = "kubernetes" },
        },
        AddressType = "IPv4",
        Endpoints =
        [
            new Api.Discovery.V1.Endpoint
            {
                Addresses = [ApiServerHost.AdvertisedAddress(options).ToString()],
                Conditions = new EndpointConditions { Ready = true },
            },
        ],
        Ports = [new Api.Discovery.V1.EndpointPort { Name = "https", Port = options.HttpsPort, Protocol = "TCP" }],
    };

    private async Task EnsureAsync(ApiObject wanted, CancellationToken cancellationToken)
    {
        if (Stored(wanted) is null)
        {
            await CreateAsync(wanted, cancellationToken);
        }
    }

    private async Task ReconcileAsync(ApiObject wanted, CancellationToken cancellationToken)
    {
        if (BootstrapRbac.Reconcile(wanted, Stored(wanted)) is not { } change)
        {
            return;
        }

        var scope = Scope(wanted);
        if (change.Recreate)
        {
            await objects.DeleteAsync(scope, new DeleteRequest(), cancellationToken);
        }

        if (change.Recreate || Stored(wanted) is null)
        {
            await CreateAsync(change.Object, cancellationToken);
            return;
        }

        await objects.UpdateAsync(scope, (_, _) => new(change.Object.DeepCopy()), create: null, WriteKind.Update, cancellationToken);
    }

    /// <summary>Makes a priority level or flow schema, or brings its spec up to this release, unless its annotation says that somebody else looks after it.</summary>
    private async Task FollowReleaseAsync(ApiObject wanted, CancellationToken cancellationToken)
    {
        var own = wanted.DeepCopy();
        Defaulting.Apply(own);
        var scope = Scope(wanted, FlowControlObjects.FieldManager);
        if (Stored(wanted) is not { } stored)
        {
            await CreateAsync(own, scope, cancellationToken);
            return;
        }

        var slot = own.TypeSchema.Find("spec")!.Ordinal;
        var followed = stored.Metadata.Annotations.TryGetValue(FlowControlObjects.AutoUpdateAnnotation, out var value) ? value == "true" : stored.Metadata.Generation == 1;
        if (followed && !Semantic.Equal(stored.Slots[slot], own.Slots[slot]))
        {
            await objects.UpdateAsync(
                scope,
                (current, _) =>
                {
                    var next = current.DeepCopy();
                    next.Slots[slot] = own.Slots[slot];
                    return new(next);
                },
                create: null,
                WriteKind.Update,
                cancellationToken);
        }
    }

    /// <summary>Writes what this server says of itself, over what an earlier start said.</summary>
    private async Task PublishAsync(ApiObject wanted, CancellationToken cancellationToken)
    {
        if (Stored(wanted) is null)
        {
            await CreateAsync(wanted, cancellationToken);
            return;
        }

        await objects.UpdateAsync(
            Scope(wanted),
            (current, _) =>
            {
                var next = wanted.DeepCopy();
                next.Slots[ApiObject.MetadataSlot] = current.Metadata.DeepCopy();
                Defaulting.Apply(next);
                return new(next);
            },
            create: null,
            WriteKind.Update,
            cancellationToken);
    }

    private async Task CreateAsync(ApiObject wanted, CancellationToken cancellationToken)
    {
        var own = wanted.DeepCopy();
        Defaulting.Apply(own);
        await CreateAsync(own, Scope(wanted), cancellationToken);
    }

    private async Task CreateAsync(ApiObject own, RequestScope scope, CancellationToken cancellationToken)
    {
        try
        {
            await objects.CreateAsync(scope, own, cancellationToken);
        }
        catch (ApiException taken) when (taken.Status.Reason == "AlreadyExists")
        {
            // Another server of the cluster was faster.
        }
    }

    private ApiObject? Stored(ApiObject wanted)
    {
        var resource = ResourceOf(wanted);
        return objects.Find(resource, wanted.Metadata.Namespace, wanted.Metadata.Name) is { } value ? objects.Codec.Read(value) : null;
    }

    private ServedResource ResourceOf(ApiObject obj)
    {
        var gvk = obj.TypeSchema.GroupVersionKinds;
        var cut = gvk.IndexOf(' ', StringComparison.Ordinal);
        return registry.FindKind(gvk[..cut], gvk[(cut + 1)..])!;
    }

    private RequestScope Scope(ApiObject obj, string fieldManager = "kube-apiserver") => new()
    {
        Resource = ResourceOf(obj),
        Namespace = obj.Metadata.Namespace,
        Name = obj.Metadata.Name,
        User = UserInfo.ApiServer,
        Time = time,
        FieldManager = fieldManager,
    };
}
