using Orchestrator.Api;

namespace Orchestrator.Scheduler.Matching;

/// <summary>The labels of all namespaces, which affinity terms may select by.</summary>
internal sealed class NamespaceLabels
{
    private readonly Dictionary<string, ApiMap<string>> _labels = [];

    /// <summary>Grows with every change of labels.</summary>
    public long Version { get; private set; }

    public ApiMap<string> Of(string ns) => _labels.TryGetValue(ns, out var labels) ? labels : ApiMap<string>.Empty;

    /// <summary>Whether that changed anything.</summary>
    public bool Set(string ns, ApiMap<string> labels)
    {
        if (_labels.TryGetValue(ns, out var old) && old.Equals(labels))
        {
            return false;
        }

        _labels[ns] = labels;
        Version++;
        return true;
    }

    public void Remove(string ns)
    {
        if (_labels.Remove(ns))
        {
            Version++;
        }
    }
}
