using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.ApiServer.OpenApi;

/// <summary>What the fields mean that every object has. Clients search these words: upstream's conformance tests look for their beginnings.</summary>
internal static class CommonDescriptions
{
    public const string ApiVersion = "APIVersion defines the versioned schema that this object is written in. Servers convert what they know to their own latest form and may refuse what they do not.";
    public const string Kind = "Kind is the name of the REST resource that this object stands for, in CamelCase. It cannot be changed.";
    public const string Metadata = "Standard object's metadata.";
    public const string ListMetadata = "Standard list metadata.";

    private static readonly Dictionary<string, string> OfMetadata = new(StringComparer.Ordinal)
    {
        ["annotations"] = "Annotations is an unstructured map that tools store arbitrary data in. It is not queryable and should be kept when objects are changed.",
        ["creationTimestamp"] = "CreationTimestamp is a timestamp of the server's time when the object was created, in RFC 3339 and UTC. Set by the system, read-only.",
        ["deletionGracePeriodSeconds"] = "Number of seconds that the object may take to end gracefully before it is removed. Only set with deletionTimestamp, may only be shortened.",
        ["deletionTimestamp"] = "DeletionTimestamp is the time at which the object will be removed, in RFC 3339. Set by the server when a graceful deletion is asked for, not by a client.",
        ["finalizers"] = "Must be empty before the object is removed from the store. Each entry names who has something to do first and takes its entry away when it is done.",
        ["generateName"] = "GenerateName is a prefix that the server makes a unique name of, if name is empty.",
        ["generation"] = "A sequence number of the desired state. Set by the system, read-only.",
        ["labels"] = "Map of keys and values to organize and select objects with.",
        ["managedFields"] = "ManagedFields tells which manager set which fields in which version. It is there for the server's own bookkeeping.",
        ["name"] = "Name must be unique within a namespace. It is needed to create an object, though some resources let a client have one generated, and cannot be changed.",
        ["namespace"] = "Namespace is the space within which each name must be unique. Empty means the default one; objects of the cluster have none. It cannot be changed.",
        ["ownerReferences"] = "List of the objects that this one depends on. When all of them are gone it is collected as garbage. One of them may be the managing controller.",
        ["resourceVersion"] = "An opaque value of the object's internal version, by which clients see that it has changed and watch from there. Set by the system, read-only.",
        ["selfLink"] = "Deprecated: no longer filled in by the system.",
        ["uid"] = "UID is the unique value for this object in time and space, made by the server when it is created. Read-only.",
    };

    /// <summary>The words for a field of metadata, or for the head of an object; null for all others.</summary>
    public static string? Of(StructSchema schema, FieldSchema field)
    {
        if (schema == ObjectMeta.ApiType)
        {
            return OfMetadata.GetValueOrDefault(field.Name);
        }

        return field.Name switch
        {
            "apiVersion" when schema.GroupVersionKinds.Length > 0 => ApiVersion,
            "kind" when schema.GroupVersionKinds.Length > 0 => Kind,
            "metadata" when field.Struct == ObjectMeta.ApiType => Metadata,
            "metadata" when field.Struct == ListMeta.ApiType => ListMetadata,
            _ => null,
        };
    }
}
