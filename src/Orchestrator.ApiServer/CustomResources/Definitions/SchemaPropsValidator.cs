using Orchestrator.Api;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.CustomResources.Definitions;

/// <summary>The words of a definition's schema: what OpenAPI allows and Kubernetes does not, extensions that do not fit, validation rules.</summary>
/// <param name="rules">Judges x-kubernetes-validations once the schema around them is fine.</param>
internal sealed class SchemaPropsValidator(IRuleValidator rules)
{
    private static readonly string[] Types = ["array", "boolean", "integer", "number", "object", "string"];

    /// <summary>Adds the faults of a schema and of all below it.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="path">Where it stands.</param>
    /// <param name="scope">What holds there.</param>
    /// <param name="site">The same place as rules see it; null where rules cannot be.</param>
    /// <param name="errors">Takes the faults.</param>
    /// <param name="ruleErrors">Takes the faults of rules.</param>
    public void Validate(JSONSchemaProps? schema, FieldPath path, SchemaScope scope, RuleSite? site, FieldErrorList errors, FieldErrorList ruleErrors)
    {
        if (schema is null)
        {
            return;
        }

        var before = errors.Count;
        Standard(schema, path, scope, errors);
        if (schema.UniqueItems)
        {
            errors.Forbidden(path, "uniqueItems", "uniqueItems cannot be set to true since the runtime complexity becomes quadratic");
        }

        Children(schema, path, scope, site, errors, ruleErrors);
        if (schema.XPreserveUnknownFields == false)
        {
            errors.Invalid(path, "x-kubernetes-preserve-unknown-fields", false, "must be true or undefined");
        }

        MapType(schema, path, errors);
        ListType(schema, path, errors);
        MapList(schema, path, errors);
        Keys(schema, path, errors);
        if (schema.XValidations.Count > 0)
        {
            rules.Validate(schema, path, scope, site, errors, ruleErrors, compile: errors.Count == before);
        }
    }

    private static void Standard(JSONSchemaProps schema, FieldPath path, SchemaScope scope, FieldErrorList errors)
    {
        if (schema.Type.Length > 0 && !Types.Contains(schema.Type))
        {
            errors.NotSupportedInOrder(path.Child("type"), schema.Type, Types);
        }

        if (schema.Default is not null && scope.DefaultsForbidden.Length > 0)
        {
            errors.Forbidden(path, "default", "must not be set " + scope.DefaultsForbidden);
        }

        if (schema.Id.Length > 0)
        {
            errors.Forbidden(path, "id", "id is not supported");
        }

        if (schema.AdditionalItems is not null)
        {
            errors.Forbidden(path, "additionalItems", "additionalItems is not supported");
        }

        if (schema.PatternProperties.Count > 0)
        {
            errors.Forbidden(path, "patternProperties", "patternProperties is not supported");
        }

        if (schema.Definitions.Count > 0)
        {
            errors.Forbidden(path, "definitions", "definitions is not supported");
        }

        if (schema.Dependencies.Count > 0)
        {
            errors.Forbidden(path, "dependencies", "dependencies is not supported");
        }

        if (schema.Ref is not null)
        {
            errors.Forbidden(path, "$ref", "$ref is not supported");
        }

        if (schema.Type == "null")
        {
            errors.Forbidden(path, "type", "type cannot be set to null, use nullable as an alternative");
        }

        if (schema.Items is { JsonSchemas.Count: > 0 })
        {
            errors.Forbidden(path, "items", "items must be a schema object and not an array");
        }

        if (scope.IsInsideMeta && schema.XEmbeddedResource)
        {
            errors.Forbidden(path, "x-kubernetes-embedded-resource", "must not be used inside of resource meta");
        }
    }

    private void Children(JSONSchemaProps schema, FieldPath path, SchemaScope scope, RuleSite? site, FieldErrorList errors, FieldErrorList ruleErrors)
    {
        var below = scope.Below;
        if (schema.AdditionalProperties is { } additional)
        {
            if (schema.Properties.Count > 0 && (additional.Schema is not null || additional.Allows != true))
            {
                errors.Forbidden(path, "additionalProperties", "additionalProperties and properties are mutual exclusive");
            }

            // What pruning leaves there depends on the value, so that there can be no defaults.
            var own = scope.IsInsideMeta ? below with { DefaultsForbidden = "inside additionalProperties applying to object metadata" } : below;
            Validate(additional.Schema, path.Child("additionalProperties"), own, site?.Values(), errors, ruleErrors);
        }

        foreach (var (name, property) in schema.Properties)
        {
            var own = Keyed(schema, below, path);
            if ((scope.IsRoot || schema.XEmbeddedResource) && name is "apiVersion" or "kind" or "metadata")
            {
                own = own with { IsInsideMeta = true, DefaultsForbidden = scope.IsRoot ? "in top-level " + name : own.DefaultsForbidden };
            }

            Validate(property, path.Child("properties").Key(name), own, site?.Property(name), errors, ruleErrors);
        }

        Validate(schema.Not, path.Child("not"), below, null, errors, ruleErrors);
        Each(schema.AllOf, "allOf");
        Each(schema.OneOf, "oneOf");
        Each(schema.AnyOf, "anyOf");
        foreach (var (name, definition) in schema.Definitions)
        {
            Validate(definition, path.Child("definitions").Key(name), below, null, errors, ruleErrors);
        }

        if (schema.Items is { } items)
        {
            var own = schema.XListType == "map" || below.Uncorrelatable is not null ? below : below with { Uncorrelatable = path };
            Validate(items.Schema, path.Child("items"), own, site?.Items(), errors, ruleErrors);
            for (var i = 0; i < items.JsonSchemas.Count; i++)
            {
                Validate(items.JsonSchemas[i], path.Child("items").Index(i), own, null, errors, ruleErrors);
            }
        }

        foreach (var (name, dependency) in schema.Dependencies)
        {
            Validate(dependency.Schema, path.Child("dependencies").Key(name), below, null, errors, ruleErrors);
        }

        void Each(ApiList<JSONSchemaProps> list, string name)
        {
            for (var i = 0; i < list.Count; i++)
            {
                Validate(list[i], path.Child(name).Index(i), below, null, errors, ruleErrors);
            }
        }
    }

    /// <summary>Fields of an atomic map are not told from one another over time.</summary>
    private static SchemaScope Keyed(JSONSchemaProps schema, SchemaScope scope, FieldPath path) =>
        schema.XMapType == "atomic" && scope.Uncorrelatable is null ? scope with { Uncorrelatable = path } : scope;

    private static void MapType(JSONSchemaProps schema, FieldPath path, FieldErrorList errors)
    {
        if (schema.XMapType is not { } mapType)
        {
            return;
        }

        NeedsType(schema, "object", "must be object if x-kubernetes-map-type is specified", path, errors);
        if (mapType is not ("atomic" or "granular"))
        {
            errors.NotSupportedInOrder(path.Child("x-kubernetes-map-type"), mapType, "atomic", "granular");
        }
    }

    private static void ListType(JSONSchemaProps schema, FieldPath path, FieldErrorList errors)
    {
        if (schema.XListType is not { } listType)
        {
            return;
        }

        if (schema.Type != "array")
        {
            NeedsType(schema, "array", "must be array if x-kubernetes-list-type is specified", path, errors);
        }
        else if (listType == "set" && schema.Items?.Schema is { } item)
        {
            const string MustBeAtomic = "must be atomic as item of a list with x-kubernetes-list-type=set";
            if (item.Type == "array" && item.XListType is { } inner && inner != "atomic")
            {
                errors.Invalid(path.Child("items", "x-kubernetes-list-type"), inner, MustBeAtomic);
            }
            else if (item.Type == "object" && item.XMapType != "atomic")
            {
                // Upstream shows the list type.
                errors.Invalid(path.Child("items", "x-kubernetes-map-type"), item.XListType, MustBeAtomic);
            }
        }

        if (listType is not ("atomic" or "set" or "map"))
        {
            errors.NotSupportedInOrder(path.Child("x-kubernetes-list-type"), listType, "atomic", "set", "map");
        }
    }

    private static void MapList(JSONSchemaProps schema, FieldPath path, FieldErrorList errors)
    {
        if (schema.XListMapKeys.Count > 0 && schema.XListType != "map")
        {
            const string MustBeMap = "must be map if x-kubernetes-list-map-keys is non-empty";
            if (schema.XListType is null)
            {
                errors.Missing(path, "x-kubernetes-list-type", MustBeMap);
            }
            else
            {
                errors.Invalid(path, "x-kubernetes-list-type", schema.XListType, MustBeMap);
            }
        }

        if (schema.XListType != "map")
        {
            return;
        }

        if (schema.XListMapKeys.Count == 0)
        {
            errors.Missing(path, "x-kubernetes-list-map-keys", "must not be empty if x-kubernetes-list-type is map");
        }

        if (schema.Items is null)
        {
            errors.Missing(path, "items", "must have a schema if x-kubernetes-list-type is map");
            return;
        }

        if (schema.Items.Schema is not { } item)
        {
            errors.Invalid(path, "items", new InternalValue(schema.Items), "must only have a single schema if x-kubernetes-list-type is map");
            return;
        }

        if (item.Type != "object")
        {
            errors.Invalid(path.Child("items", "type"), item.Type, "must be object if parent array's x-kubernetes-list-type is map");
            return;
        }

        var seen = new HashSet<string>();
        foreach (var key in schema.XListMapKeys)
        {
            if (!item.Properties.TryGetValue(key, out var property))
            {
                errors.Invalid(path, "x-kubernetes-list-map-keys", schema.XListMapKeys, "entries must all be names of item properties");
            }
            else if (property.Type is "object" or "array")
            {
                // Upstream shows the type of the item, not of the property.
                errors.Invalid(path.Child("items", "properties").Key(key).Child("type"), item.Type, "must be a scalar type if parent array's x-kubernetes-list-type is map");
            }

            if (!seen.Add(key))
            {
                errors.Invalid(path, "x-kubernetes-list-map-keys", schema.XListMapKeys, "must not contain duplicate entries");
            }
        }
    }

    private static void Keys(JSONSchemaProps schema, FieldPath path, FieldErrorList errors)
    {
        if (schema.Items?.Schema is not { } item)
        {
            return;
        }

        if (schema.XListType is "set" or "map" && item.Nullable)
        {
            errors.Forbidden(path.Child("items"), "nullable", "cannot be nullable when x-kubernetes-list-type is " + schema.XListType);
        }

        if (schema.XListType != "map")
        {
            return;
        }

        foreach (var key in schema.XListMapKeys)
        {
            if (!item.Properties.TryGetValue(key, out var property))
            {
                continue;
            }

            var at = path.Child("items", "properties").Key(key);
            if (!item.Required.Contains(key) && property.Default is null)
            {
                errors.Missing(at, "default", "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property");
            }

            if (property.Nullable)
            {
                errors.Forbidden(at, "nullable", "this property is in x-kubernetes-list-map-keys, so it cannot be nullable");
            }
        }
    }

    private static void NeedsType(JSONSchemaProps schema, string type, string why, FieldPath path, FieldErrorList errors)
    {
        if (schema.Type == type)
        {
            return;
        }

        if (schema.Type.Length == 0)
        {
            errors.Missing(path, "type", why);
        }
        else
        {
            errors.Invalid(path, "type", schema.Type, why);
        }
    }
}
