using Orchestrator.Cel;
using Orchestrator.Cel.Types;

namespace Orchestrator.ApiServer.Validation.Devices;

/// <summary>The expressions by which classes and claims choose devices.</summary>
internal static class DeviceExpressions
{
    private static readonly CelEnvironment Environment = CelEnvironment.Kubernetes.WithTypes(new DeviceTypes()).WithVariable("device", CelType.Struct(DeviceTypes.Name));

    /// <summary>Why an expression chooses nothing; "" if it is fine.</summary>
    public static string Fault(string expression)
    {
        var compilation = Environment.Compile(expression);
        if (!compilation.Succeeded)
        {
            return "compilation failed: " + compilation.Error;
        }

        return compilation.ResultType.TypeKind is CelTypeKind.Bool or CelTypeKind.Dyn
            ? ""
            : $"must evaluate to bool or the unknown type, not {compilation.ResultType}";
    }

    private sealed class DeviceTypes : ICelTypeProvider
    {
        public const string Name = "kubernetes.DRADevice";

        public bool HasStruct(string typeName) => typeName == Name;

        public CelType? FieldType(string typeName, string fieldName) => fieldName switch
        {
            "driver" => CelType.String,
            "allowMultipleAllocations" => CelType.Bool,
            "attributes" => CelType.Map(CelType.String, CelType.Map(CelType.String, CelType.Dyn)),
            "capacity" => CelType.Map(CelType.String, CelType.Map(CelType.String, CelType.Struct("kubernetes.Quantity"))),
            _ => null,
        };
    }
}
