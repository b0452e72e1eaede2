using Microsoft.Extensions.Logging;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Discovery.V1;
using Orchestrator.Client;

namespace Orchestrator.Network.Services;

/// <summary>Feeds the catalog from the API server.</summary>
internal sealed partial class ServiceFeed(IInformerFactory informers, ServiceCatalog catalog, ILogger<ServiceFeed> logger)
{
    /// <summary>Follows Services, EndpointSlices and Namespaces until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var services = informers.Get<Service>();
        var slices = informers.Get<EndpointSlice>();
        var namespaces = informers.Get<Namespace>();
        using var serviceHandler = services.AddHandler(Set, (_, service) => Set(service), service => catalog.RemoveService(KeyOf(service)));
        using var sliceHandler = slices.AddHandler(Set, (_, slice) => Set(slice), slice => catalog.RemoveSlice(slice.Metadata.Namespace, slice.Metadata.Name));
        using var namespaceHandler = namespaces.AddHandler(_ => SetNamespaces(namespaces), null, _ => SetNamespaces(namespaces));
        informers.Start();
        await services.WaitForSyncAsync(cancellationToken);
        await slices.WaitForSyncAsync(cancellationToken);
        await namespaces.WaitForSyncAsync(cancellationToken);
        SetNamespaces(namespaces);
        catalog.MarkSynced(
            key => services.TryGet(new(key.Namespace, key.Name), out var service) && ServiceConversion.Convert(service) is not null,
            (ns, name) => slices.TryGet(new(ns, name), out var slice) && ServiceConversion.Convert(slice) is not null);
        LogSynced(services.Count, slices.Count);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
    }

    private static ServiceKey KeyOf(Service service) => new(service.Metadata.Namespace, service.Metadata.Name);

    private void Set(Service service)
    {
        if (ServiceConversion.Convert(service) is { } info)
        {
            catalog.Set(info);
        }
        else
        {
            catalog.RemoveService(KeyOf(service));
        }
    }

    private void Set(EndpointSlice slice)
    {
        if (ServiceConversion.Convert(slice) is { } info)
        {
            catalog.Set(info);
        }
        else
        {
            catalog.RemoveSlice(slice.Metadata.Namespace, slice.Metadata.Name);
        }
    }

    private void SetNamespaces(IInformer<Namespace> namespaces)
    {
        // Until the list is whole, the last run's is the better one.
        if (namespaces.HasSynced)
        {
            catalog.SetNamespaces(namespaces.List().Select(ns => ns.Metadata.Name));
        }
    }

    [LoggerMessage(NetworkEvents.CatalogSynced, LogLevel.Information, "In step with the API server: {Services} services, {Slices} endpoint slices")]
    private partial void LogSynced(int services, int slices);
}
