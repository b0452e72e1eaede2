using Orchestrator.Api;
using Orchestrator.ApiServer.CustomResources.Rules;
using Orchestrator.ApiServer.CustomResources.Schemas;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.CustomResources.Definitions;

/// <summary>Defaults in a schema: free of unknown fields, and valid by the schema they stand in.</summary>
internal static class DefaultsValidator
{
    public static void Validate(SchemaNode schema, FieldPath path, FieldErrorList errors)
    {
        if (schema.Default is { } value)
        {
            One(schema, value, path.Child("default"), errors);
        }

        if (schema.Items is { HasDefaults: true } items)
        {
            Validate(items, path.Child("items"), errors);
        }

        foreach (var (name, property) in schema.Properties)
        {
            if (property.HasDefaults)
            {
                Validate(property, path.Child("properties").Key(name), errors);
            }
        }

        if (schema.AdditionalProperties is { HasDefaults: true } values)
        {
            Validate(values, path.Child("additionalProperties"), errors);
        }
    }

    private static void One(SchemaNode schema, object value, FieldPath at, FieldErrorList errors)
    {
        if (!Values.DeepEquals(SchemaPruner.PruneValue(value, schema), value))
        {
            errors.Invalid(at, value, "must not have unknown fields");
        }

        EmbeddedResources.Coerce(value, schema, at, schema.IsEmbeddedResource, dropInvalid: false, unknown: null, out var fault);
        if (fault is not null)
        {
            errors.Add(fault);
            return;
        }

        var found = new FieldErrorList();
        EmbeddedResources.Validate(value, schema, at, schema.IsEmbeddedResource, found);
        if (found.Count == 0)
        {
            SchemaValidator.Validate(schema, value, null, at, found);
        }

        if (found.Count == 0)
        {
            RuleSet.Compile(schema, schema.IsEmbeddedResource)?.Validate(value, new OldValue(value), at, found, null);
        }

        foreach (var error in found)
        {
            errors.Add(error);
        }
    }
}
