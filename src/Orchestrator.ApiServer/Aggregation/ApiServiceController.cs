using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Orchestrator.Api;
using Orchestrator.Api.ApiRegistration.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Identity.Certificates;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;
using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Aggregation;

/// <summary>
/// Keeps APIServices: one for every group version that this server has itself, made and removed here, and for those of other servers the condition that
/// tells whether they answer, by which requests are routed.
/// </summary>
/// <remarks>Level-triggered: each pass reads all APIServices and enforces what it owns.</remarks>
internal sealed partial class ApiServiceController(
    ObjectStore objects, ResourceRegistry registry, AggregationRoutes routes, AvailabilityCheck availability, IReadOnlyList<AggregatedVersion> locals, ClusterPki pki, TimeProvider time, ILogger<ApiServiceController> logger)
    : IAsyncDisposable
{
    private const string Automanaged = "kube-aggregator.kubernetes.io/automanaged";

    /// <summary>Figures of upstream for groups of custom resources.</summary>
    private const int CustomGroupPriority = 1000;
    private const int CustomVersionPriority = 100;

    /// <summary>How often other servers are asked whether they are still there.</summary>
    private static readonly TimeSpan CheckPeriod = TimeSpan.FromSeconds(5);
    private static readonly UserInfo Server = new() { Name = "system:apiserver", Groups = ["system:masters"] };

    private readonly CancellationTokenSource _stop = new();
    private readonly ServedResource _apiServices = registry.Find("apiregistration.k8s.io", "v1", "apiservices")!;

    // Wakes the loop; one wake-up for any number of changes.
    private readonly Channel<bool> _dirty = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private List<Task> _tasks = [];

    /// <summary>Registers this server's group versions and begins to look after the others.</summary>
    public async ValueTask StartAsync(CancellationToken cancellationToken)
    {
        registry.Changed += Wake;
        var watch = objects.Store.Watch(_apiServices.Collection, WatchScope.All, objects.Store.Snapshot(_apiServices.Collection).Revision);
        await Task.WhenAll(RegisterAsync(atStart: true, cancellationToken), PublishAuthenticationAsync(cancellationToken));
        routes.Set(Locals());
        Wake();
        _tasks = [Task.Run(() => FollowAsync(watch), CancellationToken.None), Task.Run(RunAsync, CancellationToken.None)];
    }

    public async ValueTask DisposeAsync()
    {
        registry.Changed -= Wake;
        await _stop.CancelAsync();
        await Task.WhenAll(_tasks);
        _stop.Dispose();
    }

    private void Wake() => _dirty.Writer.TryWrite(true);

    private async Task FollowAsync(IWatch watch)
    {
        try
        {
            while (true)
            {
                var batch = await watch.ReadAsync(_stop.Token);
                if (batch.Status == WatchStatus.Closed)
                {
                    return;
                }

                if (batch.Status != WatchStatus.Events)
                {
                    watch.Dispose();
                    watch = objects.Store.Watch(_apiServices.Collection, WatchScope.All, objects.Store.Snapshot(_apiServices.Collection).Revision);
                }

                Wake();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Stopped.
        }
        finally
        {
            watch.Dispose();
        }
    }

    private async Task RunAsync()
    {
        var stopping = _stop.Token;
        try
        {
            Task<bool>? woken = null;
            while (true)
            {
                woken ??= _dirty.Reader.WaitToReadAsync(stopping).AsTask();
                if (routes.All.Any(static v => v.Local is null))
                {
                    await Task.WhenAny(woken, Task.Delay(CheckPeriod, time, stopping));
                }
                else
                {
                    await woken;
                }

                stopping.ThrowIfCancellationRequested();
                if (woken.IsCompleted)
                {
                    _dirty.Reader.TryRead(out _);
                    woken = null;
                }

                await PassAsync(stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    private async ValueTask PassAsync(CancellationToken cancellationToken)
    {
        try
        {
            await RegisterAsync(atStart: false, cancellationToken);
            var checks = await Task.WhenAll(Stored().Where(static a => a.Spec.Service is not null).Select(async apiService =>
            {
                var (condition, version) = await availability.RunAsync(apiService, routes.Find(apiService.Spec.Group, apiService.Spec.Version), cancellationToken);
                return (ApiService: apiService, Condition: condition, Version: version);
            }));
            routes.Set(checks.Select(static c => c.Version).Concat(Locals()));
            foreach (var (apiService, condition, _) in checks)
            {
                if (apiService.Status.Conditions.FirstOrDefault(static c => c.Type == "Available")?.Equals(condition) != true)
                {
                    await WriteConditionAsync(apiService, condition, cancellationToken);
                }
            }
        }
        catch (Exception failure) when (failure is ApiException or StoreException)
        {
            LogPassFailed(failure);
        }
    }

    private async ValueTask WriteConditionAsync(APIService apiService, APIServiceCondition condition, CancellationToken cancellationToken)
    {
        LogAvailability(apiService.Metadata.Name, condition.Status, condition.Message);
        try
        {
            await objects.UpdateAsync(
                Scope(_apiServices, "", apiService.Metadata.Name, "status"),
                (current, _) =>
                {
                    var next = (APIService)current.DeepCopy();
                    next.Own<APIServiceStatus>(APIService.Fields.Status).Set(
                        APIServiceStatus.Fields.Conditions, next.Status.Conditions.Where(static c => c.Type != "Available").Append(condition).ToApiList());
                    return new(next);
                },
                create: null,
                WriteKind.Patch,
                cancellationToken);
        }
        catch (ApiException gone) when (gone.Status.Reason is "NotFound" or "Conflict")
        {
            // Its event brings the next pass.
        }
    }

    /// <summary>One APIService for every group version of this server; those of definitions that are gone go too.</summary>
    private async Task RegisterAsync(bool atStart, CancellationToken cancellationToken)
    {
        var stored = Stored().ToDictionary(static a => a.Metadata.Name);
        var priorities = ResourceTable.GroupVersions.ToDictionary(static g => (g.Group, g.Version));
        var wanted = registry.All.Select(static r => (r.Info.Group, r.Info.Version)).Distinct().Where(static g => g.Group != "apiregistration.k8s.io").ToArray();
        var names = wanted.Select(static g => g.Version + "." + g.Group).ToHashSet();
        var writes = new List<Task>();
        foreach (var (group, version) in wanted)
        {
            var isCustom = registry.IsCustomGroup(group);
            if (stored.ContainsKey(version + "." + group) || !(atStart || isCustom))
            {
                continue;
            }

            var priority = priorities.GetValueOrDefault((group, version));
            writes.Add(CreateAsync(
                new APIService
                {
                    Metadata = new ObjectMeta { Name = version + "." + group, Labels = new Dictionary<string, string> { [Automanaged] = isCustom ? "true" : "onstart" } },
                    Spec = new APIServiceSpec
                    {
                        Group = group,
                        Version = version,
                        GroupPriorityMinimum = priority?.GroupPriorityMinimum ?? CustomGroupPriority,
                        VersionPriority = priority?.VersionPriority ?? CustomVersionPriority,
                    },
                },
                _apiServices,
                cancellationToken));
        }

        foreach (var local in atStart ? locals.Where(l => !stored.ContainsKey(l.Source.Metadata.Name)) : [])
        {
            writes.Add(CreateAsync(
                local.Source with { Metadata = local.Source.Metadata with { Labels = new Dictionary<string, string> { [Automanaged] = "onstart" } } }, _apiServices, cancellationToken));
        }

        foreach (var (name, apiService) in stored)
        {
            if (!names.Contains(name) && apiService.Metadata.Labels.GetValueOrDefault(Automanaged) == "true")
            {
                writes.Add(DeleteAsync(name, cancellationToken));
            }
        }

        await Task.WhenAll(writes);
    }

    /// <summary>What aggregated servers need to believe this one: the CAs, and the headers that it tells identities by.</summary>
    private async Task PublishAuthenticationAsync(CancellationToken cancellationToken)
    {
        var configMaps = registry.Find("", "v1", "configmaps")!;
        const string Name = "extension-apiserver-authentication";
        var wanted = new ConfigMap
        {
            Metadata = new ObjectMeta { Name = Name, Namespace = "kube-system" },
            Data = new Dictionary<string, string>
            {
                ["client-ca-file"] = pki.ClientAuthoritiesPem,
                ["requestheader-allowed-names"] = "[\"front-proxy-client\"]",
                ["requestheader-client-ca-file"] = pki.FrontProxyAuthorities.ExportCertificatePems() + "\n",
                ["requestheader-extra-headers-prefix"] = $"[\"{RemoteIdentity.ExtraPrefix}\"]",
                ["requestheader-group-headers"] = $"[\"{RemoteIdentity.Group}\"]",
                ["requestheader-uid-headers"] = $"[\"{RemoteIdentity.Uid}\"]",
                ["requestheader-username-headers"] = $"[\"{RemoteIdentity.User}\"]",
            },
        };
        if (objects.Find(configMaps, "kube-system", Name) is not { } stored)
        {
            await CreateAsync(wanted, configMaps, cancellationToken);
        }
        else if (!((ConfigMap)objects.Codec.Read(stored)).Data.Equals(wanted.Data))
        {
            await objects.UpdateAsync(
                Scope(configMaps, "kube-system", Name, ""), (current, _) => new(((ConfigMap)current with { Data = wanted.Data }).DeepCopy()), create: null, WriteKind.Patch, cancellationToken);
        }
    }

    /// <summary>Those that this process answers itself, as long as nobody has named a server for them.</summary>
    private IEnumerable<AggregatedVersion> Locals()
    {
        var stored = Stored().Where(static a => a.Spec.Service is null).ToDictionary(static a => a.Metadata.Name);
        return locals.Where(l => stored.ContainsKey(l.Source.Metadata.Name)).Select(l => l with { Source = stored[l.Source.Metadata.Name] });
    }

    private IEnumerable<APIService> Stored()
    {
        foreach (var value in objects.Store.Snapshot(_apiServices.Collection))
        {
            yield return (APIService)objects.Codec.Read(value);
        }
    }

    private async Task CreateAsync(ApiObject wanted, ServedResource resource, CancellationToken cancellationToken)
    {
        try
        {
            await objects.CreateAsync(Scope(resource, wanted.Metadata.Namespace, wanted.Metadata.Name, ""), wanted.DeepCopy(), cancellationToken);
        }
        catch (ApiException taken) when (taken.Status.Reason == "AlreadyExists")
        {
            // Another server of the cluster was faster.
        }
    }

    private async Task DeleteAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            await objects.DeleteAsync(Scope(_apiServices, "", name, ""), new DeleteRequest(), cancellationToken);
        }
        catch (ApiException gone) when (gone.Status.Reason == "NotFound")
        {
            // Which is what was wanted.
        }
    }

    private RequestScope Scope(ServedResource resource, string ns, string name, string subresource) => new()
    {
        Resource = resource, Namespace = ns, Name = name, Subresource = subresource, User = Server, Time = time, FieldManager = "kube-apiserver",
    };

    [LoggerMessage(2411, LogLevel.Information, "APIService {Name}: available {Status}, {Message}")]
    private partial void LogAvailability(string name, string status, string message);

    [LoggerMessage(2412, LogLevel.Warning, "APIServices could not be brought up to date")]
    private partial void LogPassFailed(Exception failure);
}
