using System.Collections.Frozen;

namespace Orchestrator.ApiServer.Apply;

/// <summary>Fields that a resource's rules take back whatever a request says, so that no request owns them (upstream's GetResetFields).</summary>
internal sealed class ResetFields
{
    /// <summary>What no request ever owns: the object's identity, and what the server keeps about it.</summary>
    private static readonly FieldSet SystemFields = FieldSet.OfPaths(
        "apiVersion", "kind", "metadata.name", "metadata.namespace", "metadata.creationTimestamp", "metadata.selfLink", "metadata.uid",
        "metadata.clusterName", "metadata.generation", "metadata.managedFields", "metadata.resourceVersion");

    private static readonly FieldSet Stripped = SystemFields.Union(FieldSet.OfPaths("metadata"));

    private static readonly FrozenDictionary<string, ResetFields> Special = new Dictionary<string, ResetFields>
    {
        ["certificatesigningrequests.certificates.k8s.io"] = new("spec", "status"),
        ["certificatesigningrequests.certificates.k8s.io/status"] = new("spec", "status.conditions"),
        ["certificatesigningrequests.certificates.k8s.io/approval"] = new("spec", "status.certificate"),
        ["customresourcedefinitions.apiextensions.k8s.io/status"] = new("metadata", "spec"),
        ["deployments.apps/status"] = new("spec", "metadata.labels"),
        ["flowschemas.flowcontrol.apiserver.k8s.io/status"] = new("metadata", "spec"),
        ["prioritylevelconfigurations.flowcontrol.apiserver.k8s.io/status"] = new("metadata", "spec"),
        ["namespaces/finalize"] = new("status"),
        ["pods/status"] = new("spec", "metadata.deletionTimestamp", "metadata.ownerReferences"),
        ["pods/ephemeralcontainers"] = new("status"),
        ["pods/resize"] = new("status"),
        ["resourceclaims.resource.k8s.io/status"] = new("metadata", "spec"),
        ["volumeattachments.storage.k8s.io/status"] = new("metadata", "spec"),
    }.ToFrozenDictionary();

    private readonly FieldSet _set;
    private bool _isInclusive;

    private ResetFields(params ReadOnlySpan<string> paths) => _set = FieldSet.OfPaths(paths);

    /// <summary>Every field stays with who sets it.</summary>
    public static ResetFields None { get; } = new();

    /// <summary>A main resource: its status is reset.</summary>
    public static ResetFields Status { get; } = new("status");

    /// <summary>A status subresource: its spec is reset.</summary>
    public static ResetFields Spec { get; } = new("spec");

    /// <summary>The status subresource of a custom resource: only the status is kept.</summary>
    public static ResetFields AllButStatus { get; } = new("status") { _isInclusive = true };

    /// <summary>All fields that a write never owns, system metadata included; for one walk over a new object.</summary>
    public FieldSet Unowned => field ??= _isInclusive ? SystemFields : SystemFields.Union(_set);

    /// <summary>The reset fields of a built-in resource.</summary>
    /// <param name="groupResource"><c>deployments.apps</c>, <c>pods</c>.</param>
    /// <param name="subresource">"" for the resource itself.</param>
    /// <param name="hasStatus">The resource has a status subresource.</param>
    public static ResetFields Of(string groupResource, string subresource, bool hasStatus)
    {
        if (Special.TryGetValue(subresource.Length == 0 ? groupResource : groupResource + "/" + subresource, out var special))
        {
            return special;
        }

        return subresource switch
        {
            "" => hasStatus ? Status : None,
            "status" => Spec,
            _ => None,
        };
    }

    /// <summary>The set without what is reset.</summary>
    public FieldSet Filter(FieldSet set) => _isInclusive ? Within(set, _set) : set.DifferenceBelow(_set);

    /// <summary>The set without system metadata.</summary>
    public static FieldSet StripSystem(FieldSet set) => set.Difference(Stripped);

    private static FieldSet Within(FieldSet set, FieldSet roots) => set.Where(node => roots.Find(node.Element) switch
    {
        { Member: true } => node,
        { Children: { } below } when node.Children is not null && Within(node.Children, below) is { IsEmpty: false } kept => new(node.Element, false, kept),
        _ => default,
    });
}
