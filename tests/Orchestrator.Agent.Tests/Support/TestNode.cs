using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orchestrator.Agent.Cgroups;
using Orchestrator.Agent.Nodes;
using Orchestrator.Agent.Pods;
using Orchestrator.Agent.Reporting;
using Orchestrator.Api;

namespace Orchestrator.Agent.Tests.Support;

/// <summary>An agent's pods over the real runtime and a fake API.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly string _folder;

    public TestNode(ContainerdFixture containerd, FakeNodeApi? api = null, string? folder = null, Action<NodeAgentOptions>? configure = null)
    {
        _folder = folder ?? Path.Combine(containerd.Folder, "n" + Guid.NewGuid().ToString("n")[..8]);
        Api = api ?? new FakeNodeApi(TimeProvider.System);
        Options = new NodeAgentOptions
        {
            NodeName = "node-1",
            NodeAddresses = [IPAddress.Parse("127.0.0.3")],
            RuntimeEndpoint = containerd.Socket,
            RootDirectory = Path.Combine(_folder, "kubelet"),
            PodLogsDirectory = Path.Combine(_folder, "logs"),
            CgroupRoot = containerd.CgroupRoot,
            ClusterDns = [IPAddress.Parse("10.96.0.10")],
        };
        configure?.Invoke(Options);
        Provider = new ServiceCollection()
            .AddLogging(b =>
            {
                if (Environment.GetEnvironmentVariable("AGENT_TEST_LOG") is not null)
                {
                    b.AddConsole().SetMinimumLevel(LogLevel.Debug);
                }
            })
            .AddSingleton<INodeApi>(Api)
            .AddSingleton<IPodEvents>(Events)
            .AddNodeAgentParts(Options)
            .BuildServiceProvider();
        var facts = Facts = Provider.GetRequiredService<NodeFacts>();
        facts.Labels = new Dictionary<string, string> { ["kubernetes.io/os"] = "linux", ["kubernetes.io/hostname"] = "node-1" };
        Provider.GetRequiredService<PodCgroups>().Initialize(facts.Allocatable["cpu"].MilliValue, null);
        Manager = Provider.GetRequiredService<PodManager>();
        Manager.Start();
    }

    public string Folder => _folder;

    public FakeNodeApi Api { get; }

    public RecordedEvents Events { get; } = new();

    public NodeAgentOptions Options { get; }

    public NodeFacts Facts { get; }

    public PodManager Manager { get; }

    public ServiceProvider Provider { get; }

    /// <summary>The usual pod of the tests.</summary>
    public static Pod Pod(string name, string script, Func<PodSpec, PodSpec>? change = null, Func<Container, Container>? changeContainer = null)
    {
        var container = new Container { Name = "c", Image = ContainerdFixture.Busybox, Command = ["sh", "-c", script] };
        var spec = new PodSpec { Containers = [changeContainer?.Invoke(container) ?? container], TerminationGracePeriodSeconds = 2, AutomountServiceAccountToken = false };
        return PodDefaults.Apply(new Pod { Metadata = new() { Name = name, Namespace = "tests" }, Spec = change?.Invoke(spec) ?? spec });
    }

    public async Task<Pod> RunAsync(Pod pod, Func<Pod, bool> until, string what)
    {
        var created = Api.Create(pod);
        return (await Api.WaitAsync(created.Key, p => p is not null && until(p), Patience, what))!;
    }

    public Task<Pod> RunToReadyAsync(Pod pod) => RunAsync(pod, IsReady, "ready");

    public static bool IsReady(Pod pod) => pod.Status.Conditions.Any(c => c is { Type: "Ready", Status: "True" });

    public string Log(Pod pod, string container = "c", int run = 0)
    {
        var path = Path.Combine(Options.PodLogsDirectory, $"{pod.Metadata.Namespace}_{pod.Metadata.Name}_{pod.Metadata.Uid}", container, $"{run}.log");
        return string.Concat(File.ReadLines(path).Select(l =>
        {
            Assert.True(Agent.Logs.LogLine.TryParse(System.Text.Encoding.UTF8.GetBytes(l), out var line));
            return System.Text.Encoding.UTF8.GetString(line.Text.Span) + (line.IsPartial ? "" : "\n");
        }));
    }

    /// <summary>Deletes a pod and waits until nothing of it is left.</summary>
    public async Task DeleteAsync(ObjectKey key, long? grace = 0)
    {
        var worker = Manager.Find(key.Namespace, key.Name);
        if (Api.Get(key) is null || worker is null)
        {
            return;
        }

        Api.Change(key, p => p with { Metadata = p.Metadata with { Finalizers = [] } });
        if (Api.Get(key)!.Metadata.DeletionGracePeriodSeconds == 0)
        {
            Api.Drop(key);
        }
        else
        {
            Api.Delete(key, grace);
        }

        await worker.Ended.WaitAsync(Patience);
    }

    public async ValueTask DisposeAsync()
    {
        await Manager.DisposeAsync();
        await Provider.DisposeAsync();
    }
}
