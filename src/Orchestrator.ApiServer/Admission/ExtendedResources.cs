namespace Orchestrator.ApiServer.Admission;

/// <summary>Resources of somebody's domain, not Kubernetes' own.</summary>
internal static class ExtendedResources
{
    /// <summary>Whether a name is one's of an extended resource.</summary>
    public static bool Has(string name) =>
        name.Contains('/', StringComparison.Ordinal) && !name.Contains("kubernetes.io/", StringComparison.Ordinal) && !name.StartsWith("requests.", StringComparison.Ordinal);
}
