using Microsoft.Extensions.Logging;
using Orchestrator.Agent.Pods;
using Orchestrator.Api.Coordination.V1;

namespace Orchestrator.Agent.Nodes;

/// <summary>The node's heartbeat: renews its lease.</summary>
internal sealed partial class NodeLeaseKeeper(INodeApi api, NodeAgentOptions options, TimeProvider time, ILogger<NodeLeaseKeeper> logger)
{
    private const string Namespace = "kube-node-lease";
    private Lease? _lease;

    /// <summary>Renews the lease until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await RenewAsync(cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                LogFailed(options.NodeName, e.Message);
                _lease = null;
            }

            await Task.Delay(options.LeaseRenewInterval, time, cancellationToken);
        }
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        _lease ??= await api.GetLeaseAsync(Namespace, options.NodeName, cancellationToken) ?? await NewLeaseAsync(cancellationToken);
        _lease = await api.PutLeaseAsync(
            _lease with
            {
                Spec = _lease.Spec with
                {
                    HolderIdentity = options.NodeName,
                    LeaseDurationSeconds = (int)options.LeaseDuration.TotalSeconds,
                    RenewTime = time.GetUtcNow(),
                },
            },
            cancellationToken);
    }

    /// <summary>Owned by the node, so that it goes with it.</summary>
    private async Task<Lease> NewLeaseAsync(CancellationToken cancellationToken)
    {
        var node = await api.GetNodeAsync(options.NodeName, cancellationToken);
        return new Lease
        {
            Metadata = new()
            {
                Name = options.NodeName,
                Namespace = Namespace,
                OwnerReferences = node is null ? [] : [new() { ApiVersion = "v1", Kind = "Node", Name = node.Metadata.Name, Uid = node.Metadata.Uid }],
            },
        };
    }

    [LoggerMessage(5711, LogLevel.Warning, "Cannot renew the lease of node {Node}: {Reason}")]
    private partial void LogFailed(string node, string reason);
}
