using System.Text.Json;
using Orchestrator.Api;
using Orchestrator.Api.ApiDiscovery.V2;
using Orchestrator.Api.ApiRegistration.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Discovery.V1;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Admission;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Services;

namespace Orchestrator.ApiServer.Aggregation;

/// <summary>Looks whether an aggregated server can answer: its service, its endpoints, its discovery.</summary>
internal sealed class AvailabilityCheck(IObjectLister objects, ServiceHttpClients clients, TimeProvider time)
{
    /// <summary>How long discovery may take; upstream's figure.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly UserInfo Aggregator = new() { Name = "system:kube-aggregator", Groups = ["system:masters"] };

    /// <summary>The state of an APIService's server.</summary>
    public async ValueTask<(APIServiceCondition Condition, AggregatedVersion Version)> RunAsync(APIService apiService, AggregatedVersion? before, CancellationToken cancellationToken)
    {
        var known = (before ?? new AggregatedVersion { Source = apiService }) with { Source = apiService };
        if (Endpoints(apiService.Spec.Service!) is { } missing)
        {
            return (Condition(apiService, false, missing.Reason, missing.Message), known with { IsAvailable = false });
        }

        var (discovery, fault) = await DiscoverAsync(apiService, cancellationToken);
        if (fault is not null)
        {
            return (Condition(apiService, false, "FailedDiscoveryCheck", fault), known with { IsAvailable = false });
        }

        var openApi = before is { IsAvailable: true } ? before.OpenApi : await OpenApiAsync(apiService, cancellationToken);
        var same = discovery is not null && discovery.Equals(known.Discovery);
        return (Condition(apiService, true, "Passed", "all checks passed"), known with { IsAvailable = true, Discovery = same ? known.Discovery : discovery, OpenApi = openApi });
    }

    private APIServiceCondition Condition(APIService apiService, bool available, string reason, string message)
    {
        var status = available ? "True" : "False";
        var before = apiService.Status.Conditions.FirstOrDefault(static c => c.Type == "Available");
        return new APIServiceCondition
        {
            Type = "Available",
            Status = status,
            Reason = reason,
            Message = message,
            LastTransitionTime = before?.Status == status ? before.LastTransitionTime : ApiTime.Truncate(time.GetUtcNow()),
        };
    }

    private (string Reason, string Message)? Endpoints(Api.ApiRegistration.V1.ServiceReference reference)
    {
        var (ns, name, number) = (GoText.Quote(reference.Namespace), reference.Name, reference.Port ?? 443);
        if (objects.Get<Service>(reference.Namespace, name) is not { } service)
        {
            return ("ServiceNotFound", $"service/{name} in {ns} is not present");
        }

        if (service.Spec.Type is not ("" or "ClusterIP"))
        {
            return null;
        }

        if (service.Spec.Ports.FirstOrDefault(p => p.Port == number) is not { } port)
        {
            return ("ServicePortError", $"service/{name} in {ns} is not listening on port {number}");
        }

        var slices = objects.List<EndpointSlice>(reference.Namespace).Where(s => s.Metadata.Labels.GetValueOrDefault("kubernetes.io/service-name") == name).ToArray();
        if (slices.Length == 0)
        {
            return ("EndpointsNotFound", $"cannot find endpointslices for service/{name} in {ns}");
        }

        var ready = slices.Any(s => s.Ports.Any(p => (p.Name ?? "") == port.Name) && s.Endpoints.Any(static e => e.Conditions.Ready != false && e.Addresses.Count > 0));
        return ready ? null : ("MissingEndpoints", $"endpointslices for service/{name} in {ns} have no addresses with port name {GoText.Quote(port.Name)}");
    }

    private async ValueTask<(APIVersionDiscovery? Discovery, string? Fault)> DiscoverAsync(APIService apiService, CancellationToken cancellationToken)
    {
        var spec = apiService.Spec;
        var path = $"/apis/{spec.Group}/{spec.Version}";
        var (code, body, address, fault) = await GetAsync(spec, path, cancellationToken);
        if (fault is not null)
        {
            return (null, $"failing or missing response from {address}: Get \"{address}\": {fault}");
        }

        if (code is < 200 or >= 300)
        {
            return (null, $"failing or missing response from {address}: bad status from {address}: {code}");
        }

        try
        {
            return (Convert(ApiJson.Read<APIResourceList>(body), spec), null);
        }
        catch (Exception unreadable) when (unreadable is JsonException or ApiDecodeException)
        {
            // It answers; what it serves is its own affair.
            return (null, null);
        }
    }

    private async ValueTask<ApiMap<object?>?> OpenApiAsync(APIService apiService, CancellationToken cancellationToken)
    {
        var (code, body, _, fault) = await GetAsync(apiService.Spec, "/openapi/v2", cancellationToken);
        if (fault is not null || code != 200)
        {
            return null;
        }

        try
        {
            return ApiJson.ReadValue(body) as ApiMap<object?>;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private async ValueTask<(int Code, byte[] Body, string Address, string? Fault)> GetAsync(APIServiceSpec spec, string path, CancellationToken cancellationToken)
    {
        var service = spec.Service!;
        var address = $"https://{service.Name}.{service.Namespace}.svc:{service.Port ?? 443}{path}";
        using var deadline = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            var target = clients.ForService(service.Namespace, service.Name, service.Port ?? 443, path, spec.CaBundle, spec.InsecureSkipTLSVerify);
            using var request = new HttpRequestMessage(HttpMethod.Get, target.Address);
            request.Headers.Host = target.Host;
            request.Headers.TryAddWithoutValidation("Accept", "application/json");
            foreach (var (name, value) in RemoteIdentity.Headers(Aggregator))
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            using var answer = await target.Client.SendAsync(request, both.Token);
            return ((int)answer.StatusCode, await answer.Content.ReadAsByteArrayAsync(both.Token), address, null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (0, [], address, "context deadline exceeded (Client.Timeout exceeded while awaiting headers)");
        }
        catch (HttpRequestException failure)
        {
            return (0, [], address, failure.InnerException?.Message ?? failure.Message);
        }
        catch (ServiceResolutionException gone)
        {
            return (0, [], address, gone.Message);
        }
        catch (System.Security.Cryptography.CryptographicException bundle)
        {
            return (0, [], address, "unable to load root certificates: " + bundle.Message);
        }
    }

    private static APIVersionDiscovery Convert(APIResourceList list, APIServiceSpec spec)
    {
        var subresources = list.Resources.Where(static r => r.Name.Contains('/', StringComparison.Ordinal)).ToLookup(static r => r.Name[..r.Name.IndexOf('/', StringComparison.Ordinal)]);
        return new APIVersionDiscovery
        {
            Version = spec.Version,
            Freshness = "Current",
            Resources = list.Resources.Where(static r => !r.Name.Contains('/', StringComparison.Ordinal)).Select(r => new APIResourceDiscovery
            {
                Resource = r.Name,
                ResponseKind = Kind(r, spec),
                Scope = r.Namespaced ? "Namespaced" : "Cluster",
                SingularResource = r.SingularName,
                Verbs = r.Verbs,
                ShortNames = r.ShortNames,
                Categories = r.Categories,
                Subresources = subresources[r.Name].Select(s => new APISubresourceDiscovery
                {
                    Subresource = s.Name[(s.Name.IndexOf('/', StringComparison.Ordinal) + 1)..], ResponseKind = Kind(s, spec), Verbs = s.Verbs,
                }).ToApiList(),
            }).ToApiList(),
        };
    }

    private static GroupVersionKind Kind(APIResource resource, APIServiceSpec spec) => new()
    {
        Group = resource.Group.Length > 0 ? resource.Group : spec.Group, Version = resource.Version.Length > 0 ? resource.Version : spec.Version, Kind = resource.Kind,
    };
}
