using System.Text;

namespace Orchestrator.Api;

/// <summary>An object of a kind that a CustomResourceDefinition or an aggregated server defines: metadata is typed, the rest is a JSON tree.</summary>
public sealed record CustomObject : ApiObject
{
    private const int ContentSlot = 3;

    public static readonly StructSchema ApiType = new(
        "custom.Object", "", "", "", "",
        static s => new CustomObject(s),
        static (a, n) => new ApiList<CustomObject>(a, n),
        static () => new ApiMap<CustomObject>(),
        "kind\tstring\t\tKind\t\t\tn\tomitempty\tn\napiVersion\tstring\t\tAPIVersion\t\t\tn\tomitempty\tn\nmetadata\tmeta_v1.ObjectMeta\t\tObjectMeta\t\t\tn\tomitempty\tn\n(content)\tany\t\tContent\t\t\tn\tomitempty\tn"u8.ToArray());

    public CustomObject()
        : base(ApiType)
    {
    }

    internal CustomObject(object?[] slots)
        : base(slots)
    {
    }

    public override StructSchema TypeSchema => ApiType;

    /// <summary>All top-level fields but kind, apiVersion and metadata.</summary>
    public ApiMap<object?> Content { get => MapAt<object?>(ContentSlot); init => Put(ContentSlot, value); }

    protected override bool PrintMembers(StringBuilder builder) => base.PrintMembers(builder);
}
