using Orchestrator.Api;
using Orchestrator.Cel.Types;

namespace Orchestrator.Controllers.AdmissionPolicies;

/// <summary>The API's own types as types of expressions. What JSON may write in several ways is anything.</summary>
internal sealed class ObjectTypes : ICelTypeProvider
{
    /// <summary>The type of a kind; anything if it is none of the API's own.</summary>
    public static CelType Of(StructSchema? schema) => schema is null ? CelType.Dyn : CelType.Struct(schema.Name);

    public bool HasStruct(string typeName) => ApiTypes.Find(typeName) is not null;

    public CelType? FieldType(string typeName, string fieldName)
    {
        if (ApiTypes.Find(typeName)?.Find(fieldName) is not { } member)
        {
            return null;
        }

        var type = member.Kind switch
        {
            FieldKind.String or FieldKind.Duration => CelType.String,
            FieldKind.Bool => CelType.Bool,
            FieldKind.Int32 or FieldKind.Int64 => CelType.Int,
            FieldKind.Double => CelType.Double,
            FieldKind.Bytes => CelType.Bytes,
            FieldKind.Time or FieldKind.MicroTime => CelType.Timestamp,
            FieldKind.Struct => Of(member.Struct),
            _ => CelType.Dyn,
        };
        return member.Shape switch
        {
            FieldShape.List => CelType.List(type),
            FieldShape.Map => CelType.Map(CelType.String, type),
            FieldShape.MapOfLists => CelType.Map(CelType.String, CelType.List(type)),
            _ => type,
        };
    }
}
