using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Api;
using Orchestrator.Api.Coordination.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer;
using Orchestrator.Client;
using Orchestrator.Controllers.Tests.Support;

namespace Orchestrator.Controllers.Tests.Golden;

/// <summary>A real API server on an empty folder, the controllers in the same process, and three ready nodes without kubelets.</summary>
public sealed class RunningCluster : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orchestrator-controllers-").FullName;
    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<string> _silent = [];
    private ApiServerHost? _server;
    private ControllerManager? _manager;
    private Task? _heartbeats;

    public IClusterClient Client { get; private set; } = null!;

    /// <summary>What the controllers run with; by default what the recording's ran with.</summary>
    public ControllerOptions Options { get; init; } = new()
    {
        LeaderElect = false,
        ClusterCidr = null,
        NodeMonitorGracePeriod = TimeSpan.FromSeconds(20),
        NodeMonitorPeriod = TimeSpan.FromSeconds(1),
    };

    /// <summary>Answers the paths of metrics; null where there are none, as in the recording.</summary>
    public Func<string, string?>? Metrics { get; init; }

    /// <summary>Asks until an answer is as wanted.</summary>
    public static async Task<T> UntilAsync<T>(Func<ValueTask<ApiResult<T>>> ask, Func<ApiResult<T>, bool> wanted)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var answer = await ask();
            if (wanted(answer))
            {
                return answer.IsOk ? answer.Value : default!;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(60), $"still {(answer.IsOk ? answer.Value : answer.Error)}");
            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }
    }

    public async ValueTask InitializeAsync()
    {
        ILoggerFactory loggers = Environment.GetEnvironmentVariable("CONTROLLER_LOG") is { Length: > 0 } file ? new FileLoggerFactory(file) : NullLoggerFactory.Instance;
        _server = await ApiServerHost.StartAsync(
            new() { DataDirectory = _folder, HttpsPort = FreePort(), Bind = IPAddress.Loopback, AdvertiseAddress = IPAddress.Parse("192.0.2.1"), Seed = 1 },
            TimeProvider.System,
            loggers,
            default);
        Client = _server.CreateClient("system:admin");
        foreach (var (name, disk, zone) in new[] { ("node-a", "ssd", "zone-a"), ("node-b", "hdd", "zone-b"), ("node-c", "hdd", "zone-c") })
        {
            await MakeNodeAsync(name, disk, zone);
        }

        var controllers = _server.CreateClient("system:kube-controller-manager");
        controllers = Metrics is null ? controllers : new MetricsClient(controllers, Metrics);
        _manager = new(controllers, c => new InformerFactory(c, TimeProvider.System, new Random(2), loggers), Options, TimeProvider.System, new Random(3), loggers);
        await _manager.StartAsync(default);
        _heartbeats = HeartbeatsAsync();
    }

    public void Silence(string node, bool silent)
    {
        lock (_silent)
        {
            _ = silent ? _silent.Add(node) : _silent.Remove(node);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await (_heartbeats ?? Task.CompletedTask);
        await (_manager?.StopAsync(default) ?? Task.CompletedTask);
        _manager?.Dispose();
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        _stop.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static readonly ApiMap<Quantity> Room = new Dictionary<string, Quantity>
    {
        ["cpu"] = Quantity.Parse("4"), ["memory"] = Quantity.Parse("8Gi"), ["pods"] = Quantity.Parse("110"), ["ephemeral-storage"] = Quantity.Parse("100Gi"),
    };

    public static NodeStatus StatusOf(bool ready) => new()
    {
        Capacity = Room,
        Allocatable = Room,
        Conditions =
        [
            .. new[] { "MemoryPressure", "DiskPressure", "PIDPressure" }.Select(static t => Condition(t, "False", "Has")),
            Condition("Ready", ready ? "True" : "False", ready ? "KubeletReady" : "KubeletNotReady"),
        ],
    };

    private static NodeCondition Condition(string type, string status, string reason) => new()
    {
        Type = type, Status = status, Reason = reason, Message = "x", LastHeartbeatTime = TimeProvider.System.NowSeconds(), LastTransitionTime = TimeProvider.System.NowSeconds(),
    };

    private async Task MakeNodeAsync(string name, string disk, string zone)
    {
        var node = new Node
        {
            Metadata = new()
            {
                Name = name,
                Labels = new Dictionary<string, string>
                {
                    ["disk"] = disk, ["kubernetes.io/hostname"] = name, ["kubernetes.io/os"] = "linux", ["topology.kubernetes.io/zone"] = zone,
                },
            },
            Status = StatusOf(ready: true),
        };
        (await Client.CreateAsync(node, default)).ThrowIfRefused();
        (await Client.CreateAsync(
            new Lease { Metadata = new() { Namespace = "kube-node-lease", Name = name }, Spec = new() { HolderIdentity = name, LeaseDurationSeconds = 40, RenewTime = TimeProvider.System.GetUtcNow() } },
            default)).ThrowIfRefused();
    }

    private async Task HeartbeatsAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(5));
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                var leases = await Client.ListAsync<Lease>("kube-node-lease", null, _stop.Token);
                foreach (var lease in leases.Value.Items)
                {
                    bool silent;
                    lock (_silent)
                    {
                        silent = _silent.Contains(lease.Metadata.Name);
                    }

                    if (!silent)
                    {
                        await Client.UpdateAsync(lease with { Spec = lease.Spec with { RenewTime = TimeProvider.System.GetUtcNow() } }, _stop.Token);
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }
}
