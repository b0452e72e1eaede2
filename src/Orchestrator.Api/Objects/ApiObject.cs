using Orchestrator.Api.Meta.V1;

namespace Orchestrator.Api;

/// <summary>An object with kind, apiVersion and metadata: slots 0, 1 and 2 of every such type.</summary>
public abstract record ApiObject : ApiStruct
{
    internal const int KindSlot = 0;
    internal const int ApiVersionSlot = 1;
    internal const int MetadataSlot = 2;

    private protected ApiObject(StructSchema schema)
        : base(schema)
    {
    }

    private protected ApiObject(object?[] slots)
        : base(slots)
    {
    }

    public string Kind { get => TextAt(KindSlot); init => PutNonZero(KindSlot, value); }

    public string ApiVersion { get => TextAt(ApiVersionSlot); init => PutNonZero(ApiVersionSlot, value); }

    public ObjectMeta Metadata { get => RefAt<ObjectMeta>(MetadataSlot) ?? ObjectMeta.Empty; init => PutNonZero(MetadataSlot, value); }

    /// <summary>Namespace and name.</summary>
    public ObjectKey Key => new(Metadata.Namespace, Metadata.Name);
}
