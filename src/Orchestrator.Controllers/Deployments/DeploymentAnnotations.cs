using System.Globalization;
using Orchestrator.Api;
using Orchestrator.Api.Apps.V1;

namespace Orchestrator.Controllers.Deployments;

/// <summary>The annotations by which a Deployment's ReplicaSets remember their revision and the sizes they were scaled for.</summary>
internal static class DeploymentAnnotations
{
    public const string Revision = "deployment.kubernetes.io/revision";
    public const string RevisionHistory = "deployment.kubernetes.io/revision-history";
    public const string DesiredReplicas = "deployment.kubernetes.io/desired-replicas";
    public const string MaxReplicas = "deployment.kubernetes.io/max-replicas";

    /// <summary>The revision to go back to; how clients of the first APIs asked for it.</summary>
    public const string RollbackTo = "deprecated.deployment.rollback.to";

    // The history that one ReplicaSet's annotation may hold, in characters.
    private const int HistoryMax = 2000;

    private static readonly HashSet<string> NotCopied =
    [
        "kubectl.kubernetes.io/last-applied-configuration", Revision, RevisionHistory, DesiredReplicas, MaxReplicas, RollbackTo,
    ];

    /// <summary>The revision of a ReplicaSet or a Deployment; 0 if it has none.</summary>
    public static long RevisionOf(ApiObject obj) => Number(obj, Revision) ?? 0;

    public static long? Number(ApiObject obj, string annotation) =>
        obj.Metadata.Annotations.TryGetValue(annotation, out var text) && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    /// <summary>A Deployment's annotations once it has gone back to a ReplicaSet: its own bookkeeping, and what that one was made with.</summary>
    public static ApiMap<string> Restored(ApiMap<string> annotations, ReplicaSet set)
    {
        var restored = ApiMap<string>.From(annotations.Where(static a => NotCopied.Contains(a.Key)));
        foreach (var (key, value) in set.Metadata.Annotations)
        {
            restored = NotCopied.Contains(key) ? restored : restored.With(key, value);
        }

        return restored;
    }

    /// <summary>A ReplicaSet's annotations with the sizes that the Deployment has now.</summary>
    public static ApiMap<string> WithSizes(ApiMap<string> annotations, int desired, int max)
    {
        annotations = With(annotations, DesiredReplicas, desired.ToString(CultureInfo.InvariantCulture));
        return With(annotations, MaxReplicas, max.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The annotations of the newest ReplicaSet: the Deployment's own, the revision (which only goes up) and the history of revisions.</summary>
    public static ApiMap<string> ForNewest(Deployment deployment, ApiMap<string> annotations, long revision)
    {
        foreach (var (key, value) in deployment.Metadata.Annotations)
        {
            if (!NotCopied.Contains(key))
            {
                annotations = With(annotations, key, value);
            }
        }

        var had = annotations.TryGetValue(Revision, out var old);
        var oldRevision = had && long.TryParse(old, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : 0;
        if (oldRevision >= revision)
        {
            return annotations;
        }

        annotations = With(annotations, Revision, revision.ToString(CultureInfo.InvariantCulture));
        if (!had)
        {
            return annotations;
        }

        var history = annotations.TryGetValue(RevisionHistory, out var known) && known.Length > 0 ? known + "," + old : old!;
        while (history.Length > HistoryMax && history.IndexOf(',', StringComparison.Ordinal) is var cut and >= 0)
        {
            history = history[(cut + 1)..];
        }

        return With(annotations, RevisionHistory, history);
    }

    private static ApiMap<string> With(ApiMap<string> map, string key, string value) =>
        map.TryGetValue(key, out var old) && old == value ? map : map.With(key, value);
}
