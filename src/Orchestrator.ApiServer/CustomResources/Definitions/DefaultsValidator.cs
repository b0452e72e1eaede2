using Orchestrator.Api;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.ApiServer.CustomResources.Rules;
using Orchestrator.ApiServer.CustomResources.Schemas;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.CustomResources.Definitions;

/// <summary>Defaults in a schema: free of unknown fields, and valid by the schema they stand in.</summary>
internal sealed class DefaultsValidator
{
    private readonly FieldErrorList _errors;

    private DefaultsValidator(FieldErrorList errors) => _errors = errors;

    /// <summary>Adds what is wrong with the defaults of a whole object's schema.</summary>
    public static void Validate(JSONSchemaProps schema, FieldPath path, FieldErrorList errors)
    {
        // The object itself is judged as one inside of another would be: a default of it has apiVersion, kind and metadata.
        var root = SchemaNode.ForDefaults(schema.XEmbeddedResource ? schema : schema with { XEmbeddedResource = true });
        new DefaultsValidator(errors).Node(root, path, new Surroundings(root, static value => value), insideMeta: false);
    }

    /// <summary>additionalProperties are not followed: there are no defaults in them.</summary>
    private void Node(SchemaNode schema, FieldPath path, Surroundings around, bool insideMeta)
    {
        if (!schema.HasDefaults)
        {
            return;
        }

        if (schema.IsEmbeddedResource)
        {
            (insideMeta, around) = (false, new Surroundings(schema, static value => value));
        }

        if (schema.Default is { } value)
        {
            var at = path.Child("default");
            if (insideMeta ? MakesMetadata(value, at, around) : StandsAlone(schema, value, at))
            {
                Content(schema, value, at, isObject: ReferenceEquals(schema, around.Root));
            }
        }

        if (schema.Items is { } items)
        {
            Node(items, path.Child("items"), around.With(static item => ApiList.Create<object?>([item])), insideMeta);
        }

        foreach (var (name, property) in schema.Properties)
        {
            Node(
                property,
                path.Child("properties").Key(name),
                around.With(field => Map((name, field))),
                insideMeta || (schema.IsEmbeddedResource && name is "metadata" or "apiVersion" or "kind"));
        }
    }

    /// <summary>A default inside of metadata is judged in an object that has only it.</summary>
    private bool MakesMetadata(object value, FieldPath at, Surroundings around)
    {
        var whole = Map(("apiVersion", "validation/v1"), ("kind", "Validation"));
        if (around.Build(value) is ApiMap<object?> given)
        {
            foreach (var (name, content) in given)
            {
                whole.SetSlot(name, content);
            }
        }

        var tidy = EmbeddedResources.Coerce(whole, around.Root, null, isRoot: false, dropInvalid: false, unknown: null, out var fault);
        if (fault is not null)
        {
            _errors.Invalid(at, value, "must result in valid metadata: " + fault);
            return false;
        }

        var found = new FieldErrorList();
        EmbeddedResources.Validate(tidy, around.Root, null, isRoot: false, found);
        if (found.Count > 0)
        {
            _errors.Invalid(at, value, "must result in valid metadata: " + found.Aggregate());
            return false;
        }

        return true;
    }

    private bool StandsAlone(SchemaNode schema, object value, FieldPath at)
    {
        if (!Values.DeepEquals(SchemaPruner.PruneValue(value, schema), value))
        {
            _errors.Invalid(at, value, "must not have unknown fields");
        }

        EmbeddedResources.Coerce(value, schema, at, isRoot: false, dropInvalid: false, unknown: null, out var fault);
        if (fault is not null)
        {
            _errors.Add(fault);
            return false;
        }

        var before = _errors.Count;
        EmbeddedResources.Validate(value, schema, at, isRoot: false, _errors);
        return _errors.Count == before;
    }

    private static ApiMap<object?> Map(params ReadOnlySpan<(string Name, object? Value)> fields)
    {
        var map = new ApiMap<object?>();
        foreach (var (name, value) in fields)
        {
            map.SetSlot(name, value);
        }

        return map;
    }

    private void Content(SchemaNode schema, object value, FieldPath at, bool isObject)
    {
        var before = _errors.Count;
        SchemaValidator.Validate(schema, value, null, at, _errors);
        if (_errors.Count > before || RuleSet.Compile(schema, isObject) is not { } rules)
        {
            return;
        }

        rules.Validate(value, new OldValue(value), at, _errors, null);
        if (_errors.Count == before)
        {
            // Rules that can do without an old value judge creation too.
            rules.Validate(value, null, at, _errors, null);
        }
    }

    /// <summary>The object that a default stands in, as far as the schema tells.</summary>
    /// <param name="Root">The schema of that object.</param>
    /// <param name="Build">The object around a value.</param>
    private sealed record Surroundings(SchemaNode Root, Func<object?, object?> Build)
    {
        public Surroundings With(Func<object?, object?> step) => this with { Build = value => Build(step(value)) };
    }
}
