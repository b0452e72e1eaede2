using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Codecs;

namespace Orchestrator.ApiServer.Admission.PodTolerations;

/// <summary>Tolerations for namespaces that say nothing themselves.</summary>
internal sealed record PodTolerationOptions
{
    /// <summary>What pods get.</summary>
    public IReadOnlyList<Toleration> Default { get; init; } = [];

    /// <summary>What they may have; empty for anything.</summary>
    public IReadOnlyList<Toleration> Allowed { get; init; } = [];

    /// <exception cref="FormatException">The configuration is wrong.</exception>
    public static PodTolerationOptions Read(ConfigNode configuration)
    {
        configuration.Require("Configuration", "podtolerationrestriction.admission.k8s.io/v1alpha1");
        return new() { Default = Tolerations("default"), Allowed = Tolerations("whitelist") };

        IReadOnlyList<Toleration> Tolerations(string name) => configuration.List(name, isOptional: true).Select(static n => new Toleration
        {
            Key = n.Text("key"),
            Operator = n.Text("operator"),
            Value = n.Text("value"),
            Effect = n.Text("effect"),
            TolerationSeconds = n.Has("tolerationSeconds") ? n.Number("tolerationSeconds", 0) : null,
        }).ToArray();
    }

    /// <summary>Reads a JSON list of tolerations.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static IReadOnlyList<Toleration> Parse(ReadOnlySpan<byte> json)
    {
        // Wrapped into a pod's spec, whose reader knows what a toleration is.
        var text = (byte[])[.. "{\"tolerations\":"u8, .. json, .. "}"u8];
        return ApiJson.Read<PodSpec>(text).Tolerations;
    }
}
