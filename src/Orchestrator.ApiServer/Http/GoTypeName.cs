namespace Orchestrator.ApiServer.Http;

/// <summary>The names of upstream's internal Go types, which some of its messages tell: <c>core.ConfigMap</c>, <c>autoscaling.Scale</c>.</summary>
internal static class GoTypeName
{
    /// <param name="apiVersion">Of the kind: <c>v1</c>, <c>apps/v1</c>.</param>
    /// <param name="kind">The kind.</param>
    public static string Of(string apiVersion, string kind)
    {
        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        return Package(slash < 0 ? "" : apiVersion[..slash]) + "." + kind;
    }

    /// <summary>A package is named by the first word of its group, but for the groups that share another's types.</summary>
    private static string Package(string group) => group switch
    {
        "" or "events.k8s.io" => "core",
        "internal.apiserver.k8s.io" => "apiserverinternal",
        _ => group.Split('.')[0],
    };
}
