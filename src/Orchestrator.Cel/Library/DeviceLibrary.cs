using Orchestrator.Cel.Types;
using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Library;

/// <summary>The language of the expressions by which classes and claims choose devices.</summary>
public static class DeviceLibrary
{
    /// <summary>The only variable.</summary>
    public const string Device = "device";

    private const string TypeName = "kubernetes.DRADevice";

    /// <summary>Where such expressions are compiled.</summary>
    public static CelEnvironment Environment { get; } =
        CelEnvironment.Kubernetes.WithBindings().WithTypes(new DeviceTypes()).WithVariable(Device, CelType.Struct(TypeName));

    /// <summary>An amount, as devices have them in their capacity; an error for a text that is none.</summary>
    public static CelValue Quantity(string text) => QuantityLibrary.Make(text);

    /// <summary>A version, as devices have them among their attributes; an error for a text that is none.</summary>
    public static CelValue Version(string text) => SemverLibrary.Make(text, normalize: false);

    private sealed class DeviceTypes : ICelTypeProvider
    {
        public bool HasStruct(string typeName) => typeName == TypeName;

        public CelType? FieldType(string typeName, string fieldName) => fieldName switch
        {
            "driver" => CelType.String,
            "allowMultipleAllocations" => CelType.Bool,
            "attributes" => CelType.Map(CelType.String, CelType.Map(CelType.String, CelType.Dyn)),
            "capacity" => CelType.Map(CelType.String, CelType.Map(CelType.String, QuantityLibrary.Type)),
            _ => null,
        };
    }
}
