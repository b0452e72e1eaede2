using System.Collections.Frozen;

namespace Orchestrator.ApiServer.Strategies;

/// <summary>
/// How often a kind's own validation of a change looks at the metadata, after it was looked at for all kinds: each time, a fault is one more cause in
/// upstream's answer.
/// </summary>
/// <param name="Changes">How often as a change: what may not change, and the form of what may.</param>
/// <param name="Wholes">How often as on creation.</param>
internal readonly record struct MetadataRounds(int Changes, int Wholes)
{
    private static readonly FrozenDictionary<string, MetadataRounds> Kinds = new Dictionary<string, MetadataRounds>
    {
        ["endpoints"] = new(1, 0),
        ["limitranges"] = new(0, 1),
        ["resourcequotas"] = new(1, 0),
        ["podtemplates"] = new(1, 0),
        ["persistentvolumes"] = new(0, 2),
        ["persistentvolumeclaims"] = new(1, 2),
        ["deployments.apps"] = new(1, 0),
        ["statefulsets.apps"] = new(1, 0),
        ["cronjobs.batch"] = new(1, 0),
        ["leases.coordination.k8s.io"] = new(1, 0),
        ["poddisruptionbudgets.policy"] = new(0, 0),
        ["horizontalpodautoscalers.autoscaling"] = new(1, 0),
        ["endpointslices.discovery.k8s.io"] = new(0, 1),
        ["csidrivers.storage.k8s.io"] = new(1, 0),
        ["volumeattachments.storage.k8s.io"] = new(0, 2),
        ["servicecidrs.networking.k8s.io"] = new(1, 0),
        ["csinodes.storage.k8s.io"] = new(0, 1),
        ["priorityclasses.scheduling.k8s.io"] = new(1, 0),
        ["flowschemas.flowcontrol.apiserver.k8s.io"] = new(0, 1),
        ["prioritylevelconfigurations.flowcontrol.apiserver.k8s.io"] = new(0, 1),
        ["validatingwebhookconfigurations.admissionregistration.k8s.io"] = new(0, 1),
        ["mutatingwebhookconfigurations.admissionregistration.k8s.io"] = new(0, 1),
        ["validatingadmissionpolicies.admissionregistration.k8s.io"] = new(0, 1),
        ["validatingadmissionpolicybindings.admissionregistration.k8s.io"] = new(0, 1),
        ["mutatingadmissionpolicies.admissionregistration.k8s.io"] = new(0, 1),
        ["mutatingadmissionpolicybindings.admissionregistration.k8s.io"] = new(0, 1),
        ["customresourcedefinitions.apiextensions.k8s.io"] = new(1, 0),
    }.ToFrozenDictionary();

    /// <summary>Of a kind's own resource.</summary>
    public static MetadataRounds Of(string groupResource) => Kinds.TryGetValue(groupResource, out var rounds) ? rounds : new(1, 1);

    /// <summary>Of a status subresource.</summary>
    public static MetadataRounds OfStatus => new(1, 0);
}
