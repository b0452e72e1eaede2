using System.Net;
using System.Numerics;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.Nodes;

/// <summary>Gives each node a range of pod addresses, <c>spec.podCIDR</c>, out of the cluster's.</summary>
internal sealed class NodeIpamController : QueueController
{
    private readonly IInformer<Node> _nodes;
    private readonly CidrSet _ranges;
    private readonly IEventRecorder _events;

    public NodeIpamController(ControllerContext context)
        : base("node-ipam-controller", context, workers: 1)
    {
        var cluster = context.Options.ClusterCidr ?? throw new InvalidOperationException("There is no cluster range.");
        _ranges = new(cluster, context.Options.NodeCidrMaskSize);
        _events = context.Recorder("cidrAllocator");
        _nodes = context.Informers.Get<Node>();
        _nodes.AddHandler(
            added: node =>
            {
                Occupy(node);
                Queue.Add(node.Key);
            },
            updated: (_, node) =>
            {
                Occupy(node);
                if (node.Spec.PodCIDR.Length == 0)
                {
                    Queue.Add(node.Key);
                }
            },
            deleted: node =>
            {
                foreach (var range in node.Spec.PodCIDRs)
                {
                    _ranges.Release(range, node.Metadata.Name);
                }
            });
    }

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_nodes.TryGet(key, out var node) || node.Spec.PodCIDR.Length > 0 || node.Spec.PodCIDRs.Count > 0)
        {
            return ReconcileResult.Done;
        }

        // Ranges are for those who run pods and have said so. Who makes a node by hand, as tests do, may then replace it by one without a range.
        if (node.Status.NodeInfo.KubeletVersion.Length == 0)
        {
            return ReconcileResult.Done;
        }

        if (_ranges.Take(key.Name) is not { } range)
        {
            _events.Normal(node, "CIDRNotAvailable", $"Node {key.Name} status is now: CIDRNotAvailable");
            return ReconcileResult.Retry;
        }

        var patched = await Client.PatchAsync<Node>(
            key, Patch.StrategicMerge(new Node { Spec = new() { PodCIDR = range, PodCIDRs = [range] } }), cancellationToken);
        if (patched.IsOk)
        {
            return ReconcileResult.Done;
        }

        // Whether the patch took effect is unknown when nobody answered; then the range stays taken and the next pass looks again.
        if (!patched.IsUnreachable)
        {
            _ranges.Release(range, key.Name);
        }

        return patched.IsNotFound ? ReconcileResult.Done : patched.Error;
    }

    private void Occupy(Node node)
    {
        foreach (var range in node.Spec.PodCIDRs)
        {
            _ranges.Occupy(range, node.Metadata.Name);
        }
    }
}
