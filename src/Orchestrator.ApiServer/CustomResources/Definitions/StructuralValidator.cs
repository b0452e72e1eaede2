using Orchestrator.Api;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.ApiServer.CustomResources.Schemas;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;
using Orchestrator.Cel.Library;

namespace Orchestrator.ApiServer.CustomResources.Definitions;

/// <summary>
/// Structural schemas: every field has its type in the core of the schema, and allOf, anyOf, oneOf and not only restrict values. Faults come sorted.
/// </summary>
internal static class StructuralValidator
{
    private enum Level
    {
        Root,
        Item,
        Field,
    }

    public static void Validate(JSONSchemaProps schema, FieldPath path, FieldErrorList errors)
    {
        if (!IsConvertible(schema))
        {
            // What upstream cannot make a structural schema of has faults of its own, and is looked at no further.
            return;
        }

        var found = new FieldErrorList();
        Invariants(schema, Level.Root, path, found);
        Completeness(schema, Restrictions(schema), path, path, found);
        foreach (var error in found.OrderBy(static e => e.ToString(), StringComparer.Ordinal))
        {
            errors.Add(error);
        }
    }

    /// <summary>False for words that structural schemas do not know, which are faults by themselves, and for <see cref="NamesSchema"/>.</summary>
    public static bool IsConvertible(JSONSchemaProps schema) => IsKnown(schema) && !NamesSchema(schema);

    /// <summary>A schema that says by which schema it is written ($schema), itself or below.</summary>
    public static bool NamesSchema(JSONSchemaProps schema) =>
        schema.Schema.Length > 0 || schema.Properties.Values.Any(NamesSchema) || schema.AllOf.Any(NamesSchema) || schema.AnyOf.Any(NamesSchema) || schema.OneOf.Any(NamesSchema)
        || (schema.Not is { } not && NamesSchema(not)) || (schema.Items?.Schema is { } items && NamesSchema(items))
        || (schema.AdditionalProperties?.Schema is { } values && NamesSchema(values));

    private static bool IsKnown(JSONSchemaProps schema) =>
        schema.XPreserveUnknownFields != false && schema.Id.Length == 0 && schema.Ref is null && schema.AdditionalItems is null && schema.PatternProperties.Count == 0
        && schema.Dependencies.Count == 0 && schema.Definitions.Count == 0 && schema.Items is not { JsonSchemas.Count: > 0 }
        && schema.Properties.Values.All(IsKnown) && (schema.Items?.Schema is not { } items || IsKnown(items))
        && (schema.AdditionalProperties?.Schema is not { } values || IsKnown(values));

    private static void Invariants(JSONSchemaProps? schema, Level level, FieldPath path, FieldErrorList errors)
    {
        if (schema is null)
        {
            return;
        }

        if (schema.Type == "array" && schema.Items?.Schema is null)
        {
            errors.Missing(path, "items", "must be specified");
        }

        Invariants(schema.Items?.Schema, Level.Item, path.Child("items"), errors);
        foreach (var (name, property) in schema.Properties)
        {
            Invariants(property, Level.Field, path.Child("properties").Key(name), errors);
        }

        if (schema.AdditionalProperties is { } additional)
        {
            if (level == Level.Root)
            {
                errors.Forbidden(path, "additionalProperties", "must not be used at the root");
            }

            Invariants(additional.Schema, Level.Field, path.Child("additionalProperties"), errors);
        }

        var preserves = schema.XPreserveUnknownFields == true;
        if (schema.XIntOrString && preserves)
        {
            errors.Invalid(path, "x-kubernetes-preserve-unknown-fields", true, "must be false if x-kubernetes-int-or-string is true");
        }

        if (schema.XIntOrString && schema.XEmbeddedResource)
        {
            errors.Invalid(path, "x-kubernetes-embedded-resource", true, "must be false if x-kubernetes-int-or-string is true");
        }

        Values(schema, skipAnyOf: IsIntOrString(schema.AnyOf), skipFirstAllOf: schema.AllOf.Count > 0 && IsIntOrString(schema.AllOf[0].AnyOf), level, path, errors);
        OwnType(schema, level, preserves, path, errors);
        Metadata(schema, level, path, errors);
        if (schema.XEmbeddedResource && !preserves && schema.Properties.Count == 0)
        {
            errors.Missing(path, "properties", "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields");
        }
    }

    private static void OwnType(JSONSchemaProps schema, Level level, bool preserves, FieldPath path, FieldErrorList errors)
    {
        if (schema.XEmbeddedResource && schema.Type != "object")
        {
            const string MustBeObject = "must be object if x-kubernetes-embedded-resource is true";
            if (schema.Type.Length == 0)
            {
                errors.Missing(path, "type", MustBeObject);
            }
            else
            {
                errors.Invalid(path, "type", schema.Type, MustBeObject);
            }
        }
        else if (schema.Type.Length == 0 && !schema.XIntOrString && !preserves)
        {
            errors.Missing(path, "type", level switch
            {
                Level.Root => "must not be empty at the root",
                Level.Item => "must not be empty for specified array items",
                _ => "must not be empty for specified object fields",
            });
        }

        if (schema.XEmbeddedResource && schema.AdditionalProperties is not null)
        {
            errors.Forbidden(path, "additionalProperties", "must not be used if x-kubernetes-embedded-resource is set");
        }

        if (level == Level.Root && schema.Type.Length > 0 && schema.Type != "object")
        {
            errors.Invalid(path, "type", schema.Type, "must be object at the root");
        }
    }

    private static void Metadata(JSONSchemaProps schema, Level level, FieldPath path, FieldErrorList errors)
    {
        var isObject = level == Level.Root || schema.XEmbeddedResource;
        foreach (var name in (ReadOnlySpan<string>)["kind", "apiVersion"])
        {
            if (isObject && schema.Properties.TryGetValue(name, out var property) && property.Type != "string")
            {
                errors.Invalid(path.Child("properties").Key(name), "type", property.Type, "must be string");
            }
        }

        if (!schema.Properties.TryGetValue("metadata", out var metadata))
        {
            return;
        }

        var at = path.Child("properties").Key("metadata");
        if (isObject && metadata.Type != "object")
        {
            errors.Invalid(at, "type", metadata.Type, "must be object");
        }

        if (level == Level.Root)
        {
            var rest = metadata.DeepCopy();
            if (metadata.Properties.Count is 1 or 2 && metadata.Properties.Keys.All(static k => k is "name" or "generateName"))
            {
                rest.Slots[JSONSchemaProps.Fields.Properties] = null;
            }

            rest.Slots[JSONSchemaProps.Fields.Type] = null;
            rest.Slots[JSONSchemaProps.Fields.Default] = null;
            rest.Slots[JSONSchemaProps.Fields.ExternalDocs] = null;
            rest.Slots[JSONSchemaProps.Fields.Example] = null;
            if (!rest.IsZero)
            {
                errors.Forbidden(at, "must not specify anything other than name and generateName, but metadata is implicitly specified");
            }
        }
    }

    private static bool IsIntOrString(ApiList<JSONSchemaProps> anyOf) => anyOf.Count == 2 && OnlyType(anyOf[0], "integer") && OnlyType(anyOf[1], "string");

    private static bool OnlyType(JSONSchemaProps schema, string type) => schema.Equals(new JSONSchemaProps { Type = type });

    private static void Values(JSONSchemaProps schema, bool skipAnyOf, bool skipFirstAllOf, Level level, FieldPath path, FieldErrorList errors)
    {
        if (!skipAnyOf)
        {
            for (var i = 0; i < schema.AnyOf.Count; i++)
            {
                NestedValues(schema.AnyOf[i], false, level, path.Child("anyOf").Index(i), errors);
            }
        }

        for (var i = 0; i < schema.AllOf.Count; i++)
        {
            NestedValues(schema.AllOf[i], skipFirstAllOf && i == 0, level, path.Child("allOf").Index(i), errors);
        }

        for (var i = 0; i < schema.OneOf.Count; i++)
        {
            NestedValues(schema.OneOf[i], false, level, path.Child("oneOf").Index(i), errors);
        }

        if (schema.Not is { } not)
        {
            NestedValues(not, false, level, path.Child("not"), errors);
        }

        if (schema.Pattern.Length > 0 && GoRegex.Get(schema.Pattern, out var fault) is null)
        {
            errors.Invalid(path, "pattern", schema.Pattern, "must be a valid regular expression, but isn't: " + fault);
        }
    }

    private static void NestedValues(JSONSchemaProps schema, bool skipAnyOf, Level level, FieldPath path, FieldErrorList errors)
    {
        Values(schema, skipAnyOf, skipFirstAllOf: false, level, path, errors);
        if (schema.Items?.Schema is { } items)
        {
            NestedValues(items, false, level, path.Child("items"), errors);
        }

        foreach (var (name, property) in schema.Properties)
        {
            NestedValues(property, false, Level.Field, path.Child("properties").Key(name), errors);
        }

        const string Empty = "must be empty to be structural";
        const string Undefined = "must be undefined to be structural";
        const string False = "must be false to be structural";
        Forbid(schema.Type.Length > 0, "type", Empty);
        Forbid(schema.AdditionalProperties is not null, "additionalProperties", Undefined);
        Forbid(schema.Default is not null, "default", Undefined);
        Forbid(schema.Title.Length > 0, "title", Empty);
        Forbid(schema.Description.Length > 0, "description", Empty);
        Forbid(schema.Nullable, "nullable", False);
        Forbid(schema.XPreserveUnknownFields == true, "x-kubernetes-preserve-unknown-fields", False);
        Forbid(schema.XEmbeddedResource, "x-kubernetes-embedded-resource", False);
        Forbid(schema.XIntOrString, "x-kubernetes-int-or-string", False);
        Forbid(schema.XListMapKeys.Count > 0, "x-kubernetes-list-map-keys", Empty);
        Forbid(schema.XListType is not null, "x-kubernetes-list-type", Undefined);
        Forbid(schema.XMapType is not null, "x-kubernetes-map-type", Undefined);
        Forbid(schema.XValidations.Count > 0, "x-kubernetes-validations", Empty);

        // Restrictions of metadata could grow into something nobody wants.
        if (schema.Properties.ContainsKey("metadata"))
        {
            errors.Forbidden(path.Child("properties").Key("metadata"), "must not be specified in a nested context");
        }

        void Forbid(bool given, string name, string why)
        {
            if (given)
            {
                errors.Forbidden(path, name, why);
            }
        }
    }

    private static IEnumerable<(JSONSchemaProps Schema, string Path)> Restrictions(JSONSchemaProps schema) =>
        schema.AllOf.Select(static (s, i) => (s, $"allOf[{i}]"))
            .Concat(schema.AnyOf.Select(static (s, i) => (s, $"anyOf[{i}]")))
            .Concat(schema.OneOf.Select(static (s, i) => (s, $"oneOf[{i}]")))
            .Concat(schema.Not is { } not ? [(not, "not")] : []);

    /// <summary>Every field and list that a restriction at the root names must be in the core of the schema too.</summary>
    private static void Completeness(JSONSchemaProps? core, IEnumerable<(JSONSchemaProps Schema, string Path)> restrictions, FieldPath corePath, FieldPath path, FieldErrorList errors)
    {
        foreach (var (restriction, at) in restrictions)
        {
            Complete(core, restriction, corePath, path.Child(at), errors);
        }
    }

    private static void Complete(JSONSchemaProps? core, JSONSchemaProps restriction, FieldPath corePath, FieldPath path, FieldErrorList errors)
    {
        if (core is null)
        {
            errors.Required(corePath, "because it is defined in " + path);
            return;
        }

        Completeness(core, Restrictions(restriction), corePath, path, errors);
        if (restriction.Items?.Schema is { } items)
        {
            Complete(core.Items?.Schema, items, corePath.Child("items"), path.Child("items"), errors);
        }

        foreach (var (name, property) in restriction.Properties)
        {
            Complete(core.Properties.GetValueOrDefault(name), property, corePath.Child("properties").Key(name), path.Child("properties").Key(name), errors);
        }
    }
}
