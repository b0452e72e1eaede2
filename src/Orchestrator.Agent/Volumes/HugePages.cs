using Orchestrator.Api;

namespace Orchestrator.Agent.Volumes;

/// <summary>Which size of huge pages an emptyDir volume of that medium has.</summary>
internal static class HugePages
{
    private const string Medium = "HugePages";
    private const string ResourcePrefix = "hugepages-";

    /// <summary>True for <c>HugePages</c> and <c>HugePages-2Mi</c> and the like.</summary>
    public static bool IsMedium(string medium) => medium.StartsWith(Medium, StringComparison.Ordinal);

    /// <summary>The size of the pages in bytes: what the medium names, or the only one that the pod's containers ask for.</summary>
    /// <exception cref="VolumeException">The pod asks for none of that size, or it is not clear which.</exception>
    public static long PageSize(Pod pod, string medium)
    {
        var asked = pod.Spec.Containers.Concat(pod.Spec.InitContainers).Select(c => c.Resources)
            .Append(pod.Spec.Resources ?? ResourceRequirements.Empty)
            .SelectMany(r => r.Requests.Keys)
            .Where(r => r.StartsWith(ResourcePrefix, StringComparison.Ordinal))
            .Select(r => Quantity.Parse(r[ResourcePrefix.Length..]).Value)
            .ToHashSet();
        if (medium != Medium)
        {
            asked.IntersectWith([Quantity.Parse(medium[(Medium.Length + 1)..]).Value]);
        }

        return asked.Count switch
        {
            1 => asked.First(),
            0 => throw new VolumeException($"medium {medium}: hugePages storage requested, but there is no resource request for huge pages"),
            _ => throw new VolumeException($"medium: {medium} can't be used if container requests multiple huge page sizes"),
        };
    }
}
