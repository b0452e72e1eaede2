using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Networking.V1;
using Orchestrator.ApiServer.Admission;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Services;

/// <summary>
/// An IPAddress object for each cluster address of a Service: made when the Service gets it, mended when somebody deletes it, gone with it. They
/// tell others (who may withdraw a range?) what the Services themselves say; addresses are not taken by them.
/// </summary>
/// <remarks>
/// A writer of its own follows the store, so that making a Service is one write; an address is looked at again after each change of the objects
/// that name it, and the last look is right.
/// </remarks>
internal sealed partial class AddressObjects : IObjectView, IAsyncDisposable
{
    public const string Collection = "networking.k8s.io/ipaddresses";
    private const string FamilyLabel = "ipaddress.kubernetes.io/ip-family";
    private const string ManagedByLabel = "ipaddress.kubernetes.io/managed-by";
    private const string ManagedBy = "ipallocator.k8s.io";

    private readonly ObjectStore _objects;
    private readonly ServedResource _resource;
    private readonly ServedResource _services;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ObjectKey> _holders = new(StringComparer.Ordinal);
    private readonly Dictionary<ObjectKey, ApiList<string>> _held = [];
    private readonly Channel<string> _changed = Channel.CreateUnbounded<string>(new() { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _work;

    public AddressObjects(ObjectStore objects, ResourceRegistry registry, TimeProvider time, ILogger<AddressObjects> logger)
    {
        (_objects, _time, _logger) = (objects, time, logger);
        _resource = registry.FindKind("networking.k8s.io/v1", "IPAddress")!;
        _services = registry.FindKind("v1", "Service")!;
        _work = Task.Run(WorkAsync);
    }

    public IReadOnlyList<ResourceInfo> Resources { get; } = [Service.Resource, IPAddress.Resource];

    /// <summary>The object of an address that a Service holds.</summary>
    public static IPAddress Of(string address, ObjectKey service) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = address,
            Labels = new Dictionary<string, string> { [FamilyLabel] = address.Contains(':', StringComparison.Ordinal) ? "IPv6" : "IPv4", [ManagedByLabel] = ManagedBy },
        },
        Spec = new IPAddressSpec { ParentRef = new ParentReference { Resource = "services", Namespace = service.Namespace, Name = service.Name } },
    };

    /// <summary>Whether an object is one of this server's.</summary>
    public static bool IsManaged(ApiObject address) => address.Metadata.Labels.GetValueOrDefault(ManagedByLabel) == ManagedBy;

    public void Put(ApiObject obj)
    {
        switch (obj)
        {
            case Service service:
                Hold(service.Key, service.Spec.ClusterIPs);
                break;
            case IPAddress address when IsManaged(address):
                _changed.Writer.TryWrite(address.Metadata.Name);
                break;
        }
    }

    public void Remove(ApiObject obj)
    {
        switch (obj)
        {
            case Service service:
                Hold(service.Key, []);
                break;
            case IPAddress address:
                _changed.Writer.TryWrite(address.Metadata.Name);
                break;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _work;
        _stop.Dispose();
    }

    /// <summary>Notes what a Service holds, and what it held before.</summary>
    private void Hold(ObjectKey service, ApiList<string> clusterIPs)
    {
        ApiList<string> addresses = [.. clusterIPs.Where(static a => a.Length > 0 && a != "None")];
        lock (_gate)
        {
            var before = _held.GetValueOrDefault(service) ?? [];
            if (before.Equals(addresses))
            {
                return;
            }

            foreach (var address in before)
            {
                _holders.Remove(address);
                _changed.Writer.TryWrite(address);
            }

            foreach (var address in addresses)
            {
                _holders[address] = service;
                _changed.Writer.TryWrite(address);
            }

            if (addresses.Count > 0)
            {
                _held[service] = addresses;
            }
            else
            {
                _held.Remove(service);
            }
        }
    }

    private async Task WorkAsync()
    {
        try
        {
            await foreach (var address in _changed.Reader.ReadAllAsync(_stop.Token))
            {
                try
                {
                    await SettleAsync(address);
                }
                catch (ApiException e)
                {
                    // The next change of the Service or the address tries again.
                    LogFailed(address, e.Message);
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    private async ValueTask SettleAsync(string address)
    {
        ObjectKey holder;
        bool isHeld;
        lock (_gate)
        {
            isHeld = _holders.TryGetValue(address, out holder);
        }

        var stored = _objects.Find(_resource, "", address) is { } value ? (IPAddress)_objects.Codec.Read(value) : null;
        var parent = stored?.Spec.ParentRef;
        if (stored is not null && !IsManaged(stored))
        {
            return;
        }

        if (isHeld ? stored is not null && (parent?.Namespace, parent?.Name) != (holder.Namespace, holder.Name) : stored is not null && !IsHeld(address, parent))
        {
            await _objects.DeleteAsync(Scope(address), new DeleteRequest(), _stop.Token);
            stored = null;
        }

        if (isHeld && stored is null)
        {
            try
            {
                await _objects.CreateAsync(Scope(address), Of(address, holder), _stop.Token);
            }
            catch (ApiException taken) when (taken.Status.Reason == "AlreadyExists")
            {
                // Another server of the cluster was faster.
            }
        }
    }

    /// <summary>Whether the store has the Service and it holds the address, though this view has not seen it yet.</summary>
    private bool IsHeld(string address, ParentReference? parent) =>
        parent is { Resource: "services" } && _objects.Find(_services, parent.Namespace, parent.Name) is { } value && ((Service)_objects.Codec.Read(value)).Spec.ClusterIPs.Contains(address);

    private RequestScope Scope(string address) => new()
    {
        Resource = _resource, Name = address, User = UserInfo.ApiServer, Time = _time, FieldManager = "kube-apiserver",
    };

    [LoggerMessage(2201, LogLevel.Warning, "The IPAddress object {Address} could not be settled: {Reason}")]
    private partial void LogFailed(string address, string reason);
}
