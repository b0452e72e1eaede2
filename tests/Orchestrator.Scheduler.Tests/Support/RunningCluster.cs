using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer;
using Orchestrator.Client;

namespace Orchestrator.Scheduler.Tests.Support;

/// <summary>A real API server on an empty folder and the scheduler in the same process; no controllers, no kubelets.</summary>
public sealed class RunningCluster : IAsyncLifetime
{
    private static readonly ApiMap<Quantity> Room = new Dictionary<string, Quantity>
    {
        ["cpu"] = Quantity.Parse("2"), ["memory"] = Quantity.Parse("8Gi"), ["pods"] = Quantity.Parse("110"),
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("orchestrator-scheduler-").FullName;
    private ApiServerHost? _server;
    private SchedulerService? _scheduler;
    private InformerFactory? _informers;

    public IClusterClient Client { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var loggers = NullLoggerFactory.Instance;
        _server = await ApiServerHost.StartAsync(
            new() { DataDirectory = _folder, HttpsPort = FreePort(), Bind = IPAddress.Loopback, AdvertiseAddress = IPAddress.Parse("192.0.2.1"), Seed = 1 },
            TimeProvider.System,
            loggers,
            default);
        Client = _server.CreateClient("system:admin");
        _informers = new(Client, TimeProvider.System, new Random(1), loggers);
        _informers.Start();
        Assert.True((await Client.CreateAsync(new ServiceAccount { Metadata = new() { Namespace = "default", Name = "default" } }, default)).IsOk);
        await MakeNodeAsync("n1");
        _scheduler = new(
            _server.CreateClient("system:kube-scheduler"),
            client => new InformerFactory(client, TimeProvider.System, new Random(2), loggers),
            new(),
            TimeProvider.System,
            new Random(3),
            loggers);
        await _scheduler.StartAsync(default);
    }

    /// <summary>Waits until an object is as wanted.</summary>
    public async Task<T> UntilAsync<T>(Func<T, bool> wanted)
        where T : ApiObject, IResourceObject<T>
    {
        var found = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = _informers!.Get<T>().OnChange(obj =>
        {
            if (wanted(obj))
            {
                found.TrySetResult(obj);
            }
        });
        return await found.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    public async ValueTask DisposeAsync()
    {
        await (_scheduler?.StopAsync(default) ?? Task.CompletedTask);
        _scheduler?.Dispose();
        await (_informers?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        Directory.Delete(_folder, recursive: true);
    }

    private async Task MakeNodeAsync(string name)
    {
        var made = await Client.CreateAsync(new Node { Metadata = new() { Name = name } }, default);
        await Client.UpdateStatusAsync(made.Value with { Status = new() { Capacity = Room, Allocatable = Room } }, default);

        // A new node is tainted until it is ready; no controller is here to see that.
        var current = await Client.GetAsync<Node>("", name, default);
        Assert.True((await Client.UpdateAsync(current.Value with { Spec = current.Value.Spec with { Taints = [] } }, default)).IsOk);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
