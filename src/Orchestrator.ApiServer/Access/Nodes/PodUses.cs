using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Admission;

namespace Orchestrator.ApiServer.Access.Nodes;

/// <summary>The names of what one pod uses, in its own namespace.</summary>
internal sealed class PodUses
{
    public PodUses(Pod pod)
    {
        Namespace = pod.Metadata.Namespace;
        var isMirror = PodReferences.IsMirror(pod);

        // What a mirror pod names was read by its node already; naming something in it must not open it.
        Account = isMirror ? "" : pod.Spec.ServiceAccountName;
        Secrets = isMirror ? [] : Distinct(PodReferences.Secrets(pod.Spec));
        ConfigMaps = isMirror ? [] : Distinct(PodReferences.ConfigMaps(pod.Spec));
        Claims = isMirror ? [] : Distinct(PodReferences.Claims(pod));
        ResourceClaims = isMirror ? [] : Distinct(pod.Spec.ResourceClaims
            .Select(c => c.ResourceClaimName ?? pod.Status.ResourceClaimStatuses.FirstOrDefault(s => s.Name == c.Name)?.ResourceClaimName ?? "")
            .Where(static n => n.Length > 0));
    }

    public string Namespace { get; }

    public string Account { get; }

    public string[] Secrets { get; }

    public string[] ConfigMaps { get; }

    public string[] Claims { get; }

    public string[] ResourceClaims { get; }

    private static string[] Distinct(IEnumerable<string> names) => names.Distinct(StringComparer.Ordinal).ToArray();
}
