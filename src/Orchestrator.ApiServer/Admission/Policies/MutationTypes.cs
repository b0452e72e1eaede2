using Orchestrator.ApiServer.Expressions;
using Orchestrator.Cel.Types;
using Orchestrator.Cel.Values;

namespace Orchestrator.ApiServer.Admission.Policies;

/// <summary>The types that mutations make: objects whose fields may be anything (they are looked at when merged), and JSON patch operations.</summary>
internal sealed class MutationTypes : ICelTypeProvider
{
    private const string Root = "Object";
    private const string Operation = "JSONPatch";

    public static MutationTypes Instance { get; } = new();

    public static CelType ObjectType { get; } = CelType.Struct(Root);

    public static CelType OperationsType { get; } = CelType.List(CelType.Struct(Operation));

    public bool HasStruct(string typeName) => typeName is Root or Operation || typeName.StartsWith(Root + ".", StringComparison.Ordinal);

    public CelType? FieldType(string typeName, string fieldName) => typeName == Operation
        ? fieldName switch { "op" or "path" or "from" => CelType.String, "value" => CelType.Dyn, _ => null }
        : CelType.Dyn;

    public CelValue? Construct(string typeName, IReadOnlyList<KeyValuePair<string, CelValue>> fields) => new ObjectLiteral(typeName, fields);
}
