using Microsoft.Extensions.Logging;
using Orchestrator.Agent.Pods;
using Orchestrator.Agent.Reporting;
using Orchestrator.Api;

namespace Orchestrator.Agent.Nodes;

/// <summary>Makes the node's object and keeps its status.</summary>
internal sealed partial class NodeRegistrar(
    INodeApi api, NodeStatusReader reader, NodeFacts facts, NodeAgentOptions options, IPodEvents events, TimeProvider time, ILogger<NodeRegistrar> logger)
{
    private static readonly TimeSpan RetryDelayMin = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan RetryDelayMax = TimeSpan.FromSeconds(7);

    // A new node waits for its pod network, which nobody announces: asking the runtime costs a call on a local socket.
    private static readonly TimeSpan ReadinessPoll = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ReadinessPollLimit = TimeSpan.FromMinutes(2);
    private readonly SemaphoreSlim _look = new(0, 1);
    private NodeStatus? _written;
    private DateTimeOffset _writtenAt;

    /// <summary>The port of the agent's server, as the node reports it.</summary>
    public int Port { get; set; } = options.Port;

    /// <summary>Has the status looked at now: something that it shows has changed.</summary>
    public void Look()
    {
        if (_look.CurrentCount == 0)
        {
            _look.Release();
        }
    }

    /// <summary>Registers the node; tries until it works.</summary>
    public async Task RegisterAsync(CancellationToken cancellationToken)
    {
        var delay = RetryDelayMin;
        while (true)
        {
            try
            {
                var node = await RegisterOnceAsync(cancellationToken);
                if (node is not null)
                {
                    facts.Labels = node.Metadata.Labels.ToDictionary();
                    facts.Taints = [.. node.Spec.Taints];
                    return;
                }
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                LogRegisterFailed(options.NodeName, e.Message);
            }

            await Task.Delay(delay, time, cancellationToken);
            delay = delay * 2 < RetryDelayMax ? delay * 2 : RetryDelayMax;
        }
    }

    /// <summary>Keeps the status until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await AwaitReadinessAsync(cancellationToken);
        while (true)
        {
            try
            {
                await ReportAsync(cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                LogReportFailed(options.NodeName, e.Message);
            }

            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var timer = Task.Delay(options.NodeStatusInterval, time, either.Token);
            await Task.WhenAny(timer, _look.WaitAsync(either.Token));
            await either.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Returns when the runtime is ready, so that the first report says so at once instead of after an interval.</summary>
    private async Task AwaitReadinessAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (!await reader.IsReadyAsync(cancellationToken) && time.GetElapsedTime(started) < ReadinessPollLimit)
        {
            await Task.Delay(ReadinessPoll, time, cancellationToken);
        }
    }

    private async Task<Node?> RegisterOnceAsync(CancellationToken cancellationToken)
    {
        var labels = Labels();
        if (await api.GetNodeAsync(options.NodeName, cancellationToken) is { } present)
        {
            var changed = present with
            {
                Metadata = present.Metadata with
                {
                    Labels = labels.Aggregate(present.Metadata.Labels, (all, l) => all.With(l.Key, l.Value)),
                    Annotations = present.Metadata.Annotations.With("volumes.kubernetes.io/controller-managed-attach-detach", "true"),
                },
            };
            return changed.Equals(present) ? present : await api.UpdateNodeAsync(changed, cancellationToken);
        }

        if (!options.RegisterNode)
        {
            LogNotRegistered(options.NodeName);
            return null;
        }

        LogRegistering(options.NodeName);
        return await api.CreateNodeAsync(
            new Node
            {
                Metadata = new()
                {
                    Name = options.NodeName,
                    Labels = ApiMap<string>.From(labels),
                    Annotations = new Dictionary<string, string> { ["volumes.kubernetes.io/controller-managed-attach-detach"] = "true" },
                },
                Spec = new() { Taints = [.. options.RegisterWithTaints.Select(ParseTaint)] },
                Status = await reader.ReadAsync(NodeStatus.Empty, Port, cancellationToken),
            },
            cancellationToken);
    }

    private async Task ReportAsync(CancellationToken cancellationToken)
    {
        var node = await api.GetNodeAsync(options.NodeName, cancellationToken);
        if (node is null)
        {
            // Whoever deletes the object of a node that lives wants it out of the cluster: as upstream's, the agent registers once, when it starts.
            LogDeleted(options.NodeName);
            _written = null;
            return;
        }

        facts.Labels = node.Metadata.Labels.ToDictionary();
        facts.Taints = [.. node.Spec.Taints];
        var status = await reader.ReadAsync(node.Status, Port, cancellationToken);
        var now = time.GetUtcNow();
        if (_written is not null && now - _writtenAt < options.NodeStatusReportInterval && SameButTimes(status, node.Status))
        {
            return;
        }

        if (await api.UpdateNodeStatusAsync(node with { Status = status }, cancellationToken) is null)
        {
            return;
        }

        var wasReady = IsReady(node.Status);
        if (_written is not null && wasReady != IsReady(status))
        {
            events.EmitNode("Normal", IsReady(status) ? "NodeReady" : "NodeNotReady", $"Node {options.NodeName} status is now: {(IsReady(status) ? "NodeReady" : "NodeNotReady")}");
        }

        _written = status;
        _writtenAt = now;
    }

    private Dictionary<string, string> Labels()
    {
        var labels = new Dictionary<string, string>
        {
            ["kubernetes.io/hostname"] = options.Hostname ?? options.NodeName,
            ["kubernetes.io/os"] = "linux",
            ["kubernetes.io/arch"] = NodeStatusReader.Architecture,
            ["beta.kubernetes.io/os"] = "linux",
            ["beta.kubernetes.io/arch"] = NodeStatusReader.Architecture,
        };
        foreach (var (key, value) in options.NodeLabels)
        {
            labels[key] = value;
        }

        return labels;
    }

    private static Taint ParseTaint(string text)
    {
        var colon = text.LastIndexOf(':');
        var pair = colon < 0 ? text : text[..colon];
        var equals = pair.IndexOf('=');
        return new()
        {
            Key = equals < 0 ? pair : pair[..equals],
            Value = equals < 0 ? "" : pair[(equals + 1)..],
            Effect = colon < 0 ? "NoSchedule" : text[(colon + 1)..],
        };
    }

    private static bool IsReady(NodeStatus status) => status.Conditions.Any(c => c is { Type: "Ready", Status: "True" });

    private static bool SameButTimes(NodeStatus a, NodeStatus b)
    {
        static NodeStatus Timeless(NodeStatus status) => status with
        {
            Conditions = [.. status.Conditions.Select(c => c with { LastHeartbeatTime = null })],
        };

        return Timeless(a).Equals(Timeless(b));
    }

    [LoggerMessage(5701, LogLevel.Information, "Registering node {Node}")]
    private partial void LogRegistering(string node);

    [LoggerMessage(5702, LogLevel.Warning, "Cannot register node {Node}, trying again: {Reason}")]
    private partial void LogRegisterFailed(string node, string reason);

    [LoggerMessage(5703, LogLevel.Warning, "Cannot report the status of node {Node}: {Reason}")]
    private partial void LogReportFailed(string node, string reason);

    [LoggerMessage(5705, LogLevel.Warning, "Node {Node} is no longer in the API: it comes back when its agent is started again")]
    private partial void LogDeleted(string node);

    [LoggerMessage(5704, LogLevel.Warning, "Node {Node} is not in the API, and the agent is told not to register it")]
    private partial void LogNotRegistered(string node);
}
