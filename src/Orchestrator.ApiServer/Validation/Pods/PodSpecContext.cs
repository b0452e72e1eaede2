using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.ApiServer.Validation.Pods;

/// <summary>What the rules of containers must know of the pod around them.</summary>
internal sealed class PodSpecContext(PodSpec spec, ObjectMeta? metadata)
{
    private Dictionary<string, Volume>? _volumes;
    private HashSet<string>? _claims;
    private readonly List<Volume> _forgotten = [];

    public PodSpec Spec { get; } = spec;

    /// <summary>The pod's metadata; null in a template.</summary>
    public ObjectMeta? Metadata { get; } = metadata;

    public IReadOnlyDictionary<string, Volume> Volumes
    {
        get
        {
            if (_volumes is null)
            {
                _volumes = new Dictionary<string, Volume>(Spec.Volumes.Count);
                foreach (var volume in Spec.Volumes)
                {
                    if (Formats.IsDnsLabel(volume.Name) && !IsForgotten(volume))
                    {
                        _volumes.TryAdd(volume.Name, volume);
                    }
                }
            }

            return _volumes;
        }
    }

    public IReadOnlyCollection<string> ClaimNames => Spec.ResourceClaims.Count == 0 ? [] : _claims ??= [.. Spec.ResourceClaims.Select(static c => c.Name).Where(static n => n.Length > 0)];

    /// <summary>A volume that is not valid is as good as none.</summary>
    public void Forget(Volume volume)
    {
        _forgotten.Add(volume);
        _volumes = null;
    }

    private bool IsForgotten(Volume volume)
    {
        foreach (var forgotten in _forgotten)
        {
            if (ReferenceEquals(forgotten, volume))
            {
                return true;
            }
        }

        return false;
    }

    public bool HasVolume(string name)
    {
        foreach (var volume in Spec.Volumes)
        {
            if (volume.Name == name && name.Length > 0 && !IsForgotten(volume))
            {
                return true;
            }
        }

        return false;
    }
}
