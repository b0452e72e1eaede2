using Orchestrator.Api.Core.V1;
using Orchestrator.Scheduler.Nodes;

namespace Orchestrator.Scheduler.Evaluation;

/// <summary>Favours nodes that have the pod's images already; an image that few nodes have counts less, lest they be flooded.</summary>
internal sealed class ImageScore
{
    private const long Megabyte = 1024 * 1024;
    private const long MinThreshold = 23 * Megabyte;
    private const long MaxContainerThreshold = 1000 * Megabyte;

    private readonly string[] _images;
    private readonly double[] _shares;
    private readonly int _containers;

    public ImageScore(PodSpec spec)
    {
        _images = [.. spec.Containers.Concat(spec.InitContainers).Select(static c => Normalize(c.Image))];
        _shares = new double[_images.Length];
        _containers = _images.Length;
    }

    public bool IsRelevant => _images.Length > 0;

    /// <summary>Takes note of how many nodes have the images.</summary>
    public void Prepare(NodeTable nodes)
    {
        for (var i = 0; i < _images.Length; i++)
        {
            _shares[i] = nodes.PresentCount == 0 ? 0 : (double)nodes.NodesWithImage(_images[i]) / nodes.PresentCount;
        }
    }

    public int Of(NodeTable nodes, int slot)
    {
        if (nodes.Images[slot] is not { } present)
        {
            return 0;
        }

        long sum = 0;
        for (var i = 0; i < _images.Length; i++)
        {
            if (present.TryGetValue(_images[i], out var size))
            {
                sum += (long)(size * _shares[i]);
            }
        }

        var max = MaxContainerThreshold * _containers;
        sum = Math.Clamp(sum, MinThreshold, max);
        return (int)(ResourceScore.Max * (sum - MinThreshold) / (max - MinThreshold));
    }

    /// <summary>Without a tag or digest, the latest is meant.</summary>
    private static string Normalize(string image) =>
        image.LastIndexOf(':') <= image.LastIndexOf('/') ? image + ":latest" : image;
}
