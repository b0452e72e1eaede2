using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Cel.Types;

namespace Orchestrator.Controllers.AdmissionPolicies;

/// <summary>The schema of a custom resource's version as types of expressions: each object with properties is a type, named by its place.</summary>
internal sealed class CustomTypes(CustomResourceDefinition definition, CustomResourceDefinitionVersion version) : ICelTypeProvider
{
    private readonly Dictionary<string, JSONSchemaProps> _byName = [];
    private readonly string _root = $"{definition.Spec.Group}.{version.Name}.{definition.Spec.Names.Kind}";

    /// <summary>The type of the kind; anything if it has no schema.</summary>
    public CelType Kind => version.Schema?.OpenAPIV3Schema is { } schema ? Of(_root, schema) : CelType.Dyn;

    public bool HasStruct(string typeName) => _byName.ContainsKey(typeName);

    public CelType? FieldType(string typeName, string fieldName)
    {
        if (typeName == _root)
        {
            switch (fieldName)
            {
                case "kind" or "apiVersion":
                    return CelType.String;
                case "metadata":
                    return ObjectTypes.Of(ObjectMeta.ApiType);
            }
        }

        return _byName[typeName].Properties.TryGetValue(fieldName, out var property) ? Of(typeName + "." + fieldName, property) : null;
    }

    private CelType Of(string name, JSONSchemaProps schema)
    {
        if (schema.XIntOrString || schema.XPreserveUnknownFields == true)
        {
            return CelType.Dyn;
        }

        switch (schema.Type)
        {
            case "object" when schema.Properties.Count > 0:
                _byName[name] = schema;
                return CelType.Struct(name);
            case "object" when schema.AdditionalProperties?.Schema is { } values:
                return CelType.Map(CelType.String, Of(name + ".@values", values));
            case "array" when schema.Items?.Schema is { } items:
                return CelType.List(Of(name + ".@items", items));
            case "string":
                return schema.Format switch { "date" or "date-time" => CelType.Timestamp, "duration" => CelType.Duration, "byte" => CelType.Bytes, _ => CelType.String };
            case "integer":
                return CelType.Int;
            case "number":
                return CelType.Double;
            case "boolean":
                return CelType.Bool;
            default:
                return CelType.Dyn;
        }
    }
}
