using System.Globalization;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.Ttl;

/// <summary>Tells nodes, by annotation, how long they may keep Secrets and ConfigMaps before asking again: longer in larger clusters.</summary>
internal sealed class NodeTtlController : QueueController
{
    private const string Annotation = "node.alpha.kubernetes.io/ttl";

    // From so many nodes on (but down to fewer, so that it does not flap), so many seconds.
    private static readonly (int Up, int Down, int Seconds)[] Steps = [(0, 0, 0), (101, 90, 15), (501, 450, 30), (1001, 900, 60), (2001, 1800, 300)];

    private readonly IInformer<Node> _nodes;
    private int _step;

    public NodeTtlController(ControllerContext context)
        : base("ttl-controller", context, workers: 2)
    {
        _nodes = context.Informers.Get<Node>();
        _nodes.AddHandler(
            added: n =>
            {
                Queue.Add(n.Key);
                NoteCount();
            },
            updated: (old, n) =>
            {
                if (old.Metadata.Annotations.GetValueOrDefault(Annotation) != n.Metadata.Annotations.GetValueOrDefault(Annotation))
                {
                    Queue.Add(n.Key);
                }
            },
            deleted: _ => NoteCount());
    }

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        var seconds = Steps[Volatile.Read(ref _step)].Seconds.ToString(CultureInfo.InvariantCulture);
        if (!_nodes.TryGet(key, out var node) || node.Metadata.Annotations.GetValueOrDefault(Annotation) == seconds)
        {
            return ReconcileResult.Done;
        }

        var body = ApiMap<object?>.Empty.With("metadata", ApiMap<object?>.Empty.With("annotations", ApiMap<object?>.Empty.With(Annotation, seconds)));
        var patched = await Client.PatchAsync<Node>(key, Patch.StrategicMerge(body), cancellationToken);
        return patched.IsOk || patched.IsNotFound ? ReconcileResult.Done : patched.Error;
    }

    private void NoteCount()
    {
        var count = _nodes.Count;
        var step = _step;
        while (step + 1 < Steps.Length && count >= Steps[step + 1].Up)
        {
            step++;
        }

        while (step > 0 && count < Steps[step].Down)
        {
            step--;
        }

        if (step == _step)
        {
            return;
        }

        Volatile.Write(ref _step, step);
        foreach (var node in _nodes.List())
        {
            Queue.Add(node.Key);
        }
    }
}
