using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Codecs;

namespace Orchestrator.ApiServer.Admission.EventRates;

/// <summary>Limits on events.</summary>
internal sealed record EventRateOptions
{
    private const int RememberedDefault = 4096;

    public IReadOnlyList<EventRate> Limits { get; init; } = [];

    /// <exception cref="FormatException">The configuration is wrong.</exception>
    public static EventRateOptions Read(ConfigNode configuration)
    {
        configuration.Require("Configuration", "eventratelimit.admission.k8s.io/v1alpha1");
        var limits = configuration.List("limits", isOptional: true).Select(Limit).ToArray();
        return limits.Length > 0 ? new() { Limits = limits } : throw new FormatException("limits: Invalid value: []: must not be empty");
    }

    private static EventRate Limit(ConfigNode node)
    {
        var type = node.Text("type");
        if (type is not ("Server" or "Namespace" or "User" or "SourceAndObject"))
        {
            throw new FormatException($"{node.Path}.type: Unsupported value: {GoText.Quote(type)}: supported values: \"Namespace\", \"Server\", \"SourceAndObject\", \"User\"");
        }

        var remembered = node.Number("cacheSize", 0);
        return remembered < 0
            ? throw new FormatException($"{node.Path}.cacheSize: Invalid value: {remembered}: must not be negative")
            : new(type, Positive(node, "qps"), Positive(node, "burst"), remembered == 0 ? RememberedDefault : (int)Math.Min(remembered, int.MaxValue));
    }

    private static int Positive(ConfigNode node, string name)
    {
        var number = node.Number(name, 0);
        return number is > 0 and <= int.MaxValue ? (int)number : throw new FormatException($"{node.Path}.{name}: Invalid value: {number}: must be positive");
    }
}
