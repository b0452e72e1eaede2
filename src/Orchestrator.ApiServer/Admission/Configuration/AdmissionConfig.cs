using Orchestrator.ApiServer.Admission.EventRates;
using Orchestrator.ApiServer.Admission.ImagePolicies;
using Orchestrator.ApiServer.Admission.PodNodeSelectors;
using Orchestrator.ApiServer.Admission.PodSecurity;
using Orchestrator.ApiServer.Admission.PodTolerations;
using Orchestrator.ApiServer.Admission.Quota;

namespace Orchestrator.ApiServer.Admission.Configuration;

/// <summary>What an AdmissionConfiguration says to the plugins; what it does not name stays at its default. Immutable.</summary>
public sealed record AdmissionConfig
{
    /// <summary>Null if it is not configured, without which the plugin cannot be on.</summary>
    internal EventRateOptions? EventRates { get; init; }

    /// <summary>Null if it is not configured, without which the plugin cannot be on.</summary>
    internal ImagePolicyOptions? ImagePolicy { get; init; }

    internal PodNodeSelectorOptions NodeSelectors { get; init; } = new();

    internal PodTolerationOptions Tolerations { get; init; } = new();

    internal PodSecurityOptions PodSecurity { get; init; } = new();

    /// <summary>Resources that may be used only where a quota covers them.</summary>
    internal IReadOnlyList<LimitedResource> LimitedResources { get; init; } = [];
}
