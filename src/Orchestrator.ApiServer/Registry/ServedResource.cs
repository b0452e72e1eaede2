using System.Text;
using Orchestrator.Api;
using Orchestrator.ApiServer.CustomResources;
using Orchestrator.ApiServer.Strategies;

namespace Orchestrator.ApiServer.Registry;

/// <summary>A resource at one served version: its type, where its objects are stored, and what is particular to it.</summary>
internal sealed class ServedResource
{
    public ServedResource(ResourceInfo info, StructSchema schema, StructSchema storageSchema, string storageApiVersion, string storageKind, string collection)
    {
        Info = info;
        ListKind = info.Kind + "List";
        Schema = schema;
        StorageSchema = storageSchema;
        StorageApiVersion = storageApiVersion;
        StorageKind = storageKind;
        Collection = collection;
        ItemPrefix = Encoding.UTF8.GetBytes($"{{\"kind\":\"{storageKind}\",\"apiVersion\":\"{storageApiVersion}\",");
    }

    public ResourceInfo Info { get; }

    /// <summary>The type at this version.</summary>
    public StructSchema Schema { get; }

    /// <summary>The type that is stored.</summary>
    public StructSchema StorageSchema { get; }

    public string StorageApiVersion { get; }

    public string StorageKind { get; }

    /// <summary>The kind of its lists.</summary>
    public string ListKind { get; init; }

    /// <summary>The store's collection, shared by all versions of the resource.</summary>
    public string Collection { get; }

    public required ResourceStrategy Strategy { get; init; }

    /// <summary>Strategies of the subresources that write the object: status, ephemeralcontainers, resize, approval, finalize.</summary>
    public required IReadOnlyDictionary<string, ResourceStrategy> SubresourceStrategies { get; init; }

    /// <summary>Field selectors beyond name and namespace, by field path.</summary>
    public required FieldSelectorTable SelectableFields { get; init; }

    /// <summary>Stored bytes are what this version answers; otherwise objects are converted. Custom objects may have to be defaulted when they are read.</summary>
    public bool ServesStoredForm => ReferenceEquals(Schema, StorageSchema) && StorageApiVersion == Info.ApiVersion && !IsCustom;

    /// <summary>What every request to the resource is warned of; null for nothing.</summary>
    public string? DeprecationWarning { get; init; }

    /// <summary>The resource is served at other versions too.</summary>
    public bool HasOtherVersions { get; init; }

    /// <summary>The version of a custom resource; null for built-in ones.</summary>
    public CustomVersion? Custom { get; init; }

    /// <summary>The definition of a custom resource; null for built-in ones.</summary>
    public CustomDefinition? Definition { get; init; }

    public bool IsCustom => ReferenceEquals(Schema, CustomObject.ApiType);

    public string Group => Info.Group;

    /// <summary>What stored objects begin with, and what they lack inside of lists.</summary>
    public byte[] ItemPrefix { get; }

    public string KeyOf(string ns, string name) => Info.Namespaced ? ns + "/" + name : name;

    public override string ToString() => Info.GroupResource;
}
