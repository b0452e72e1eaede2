using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Codecs;

namespace Orchestrator.ApiServer.Admission.PodNodeSelectors;

/// <summary>Node selectors of namespaces, as the cluster's operator gives them.</summary>
internal sealed record PodNodeSelectorOptions
{
    private const string DefaultKey = "clusterDefaultNodeSelector";

    /// <summary>For namespaces without an annotation.</summary>
    public IReadOnlyDictionary<string, string> Default { get; init; } = new Dictionary<string, string>();

    /// <summary>By namespace: what pods there may select at most. Namespaces that are not named may select anything.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Allowed { get; init; } = new Dictionary<string, IReadOnlyDictionary<string, string>>();

    /// <exception cref="FormatException">The configuration is wrong.</exception>
    public static PodNodeSelectorOptions Read(ConfigNode configuration)
    {
        var selectors = configuration.Member("podNodeSelectorPluginConfig");
        var byNamespace = new Dictionary<string, IReadOnlyDictionary<string, string>>(StringComparer.Ordinal);
        foreach (var name in selectors.Names)
        {
            byNamespace[name] = TryParse(selectors.Text(name), out var selector)
                ? selector
                : throw new FormatException($"{selectors.Path}.{name}: invalid selector: {GoText.Quote(selectors.Text(name))}");
        }

        return new() { Default = byNamespace.Remove(DefaultKey, out var common) ? common : new Dictionary<string, string>(), Allowed = byNamespace };
    }

    /// <summary>Reads <c>a=b,c=d</c>.</summary>
    public static bool TryParse(string text, out Dictionary<string, string> selector)
    {
        selector = new(StringComparer.Ordinal);
        if (text.Length == 0)
        {
            return true;
        }

        foreach (var label in text.Split(','))
        {
            if (label.Split('=') is not [var key, var value])
            {
                return false;
            }

            selector[key.Trim()] = value.Trim();
        }

        return true;
    }
}
