using System.Text.Json;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.CustomResources.Schemas;

/// <summary>Objects inside of objects (x-kubernetes-embedded-resource): their apiVersion, kind and metadata have the usual form.</summary>
internal static class EmbeddedResources
{
    /// <summary>The value with its embedded metadata in order: unknown fields are dropped.</summary>
    /// <param name="value">A JSON tree; what changes is copied.</param>
    /// <param name="schema">Its schema.</param>
    /// <param name="at">Where it stands; null for the object itself.</param>
    /// <param name="isRoot">The value is the object itself, whose metadata is typed already.</param>
    /// <param name="dropInvalid">Drop what is malformed instead of refusing it; for stored objects.</param>
    /// <param name="unknown">Takes the paths of dropped metadata fields.</param>
    /// <param name="fault">Why it cannot be brought in order.</param>
    public static object? Coerce(object? value, SchemaNode schema, FieldPath? at, bool isRoot, bool dropInvalid, List<string>? unknown, out FieldError? fault)
    {
        fault = null;
        if (!schema.HasEmbeddedResources)
        {
            return value;
        }

        switch (value)
        {
            case ApiMap<object?> map:
                ApiMap<object?>? copy = null;
                for (var i = 0; i < map.Count; i++)
                {
                    var key = map.KeyAt(i);
                    var child = map.ValueAt(i);
                    object? next;
                    if (schema.IsEmbeddedResource && !isRoot && key is "apiVersion" or "kind" or "metadata")
                    {
                        var kept = Head(key, child, at.Sub(key), dropInvalid, unknown, out fault);
                        if (kept is null && fault is null)
                        {
                            (copy ??= map.Copy()).Remove(key);
                            continue;
                        }

                        next = kept;
                    }
                    else
                    {
                        next = schema.Field(key) is { } field ? Coerce(child, field, schema.Property(key) is null && at is not null ? at.Key(key) : at.Sub(key), false, dropInvalid, unknown, out fault) : child;
                    }

                    if (fault is not null)
                    {
                        return value;
                    }

                    if (!ReferenceEquals(next, child))
                    {
                        (copy ??= map.Copy()).SetSlot(key, next);
                    }
                }

                return copy ?? map;
            case ApiList<object?> list when schema.Items is { } items:
                object?[]? changed = null;
                for (var i = 0; i < list.Count; i++)
                {
                    var next = Coerce(list.ItemAt(i), items, at?.Index(i), false, dropInvalid, unknown, out fault);
                    if (fault is not null)
                    {
                        return value;
                    }

                    if (!ReferenceEquals(next, list.ItemAt(i)))
                    {
                        changed ??= Enumerable.Range(0, list.Count).Select(list.ItemAt).ToArray();
                        changed[i] = next;
                    }
                }

                return changed is null ? list : new ApiList<object?>(changed, changed.Length);
            default:
                return value;
        }
    }

    /// <summary>What is wrong with embedded resources.</summary>
    public static void Validate(object? value, SchemaNode schema, FieldPath? at, bool isRoot, FieldErrorList errors)
    {
        if (!schema.HasEmbeddedResources)
        {
            return;
        }

        switch (value)
        {
            case IApiMap map:
                if (schema.IsEmbeddedResource && !isRoot)
                {
                    Heads(map, at, errors);
                }

                for (var i = 0; i < map.Count; i++)
                {
                    var key = map.KeyAt(i);
                    if (schema.Property(key) is { } property)
                    {
                        Validate(map.ValueAt(i), property, at.Sub(key), false, errors);
                    }
                    else if (schema.AdditionalProperties is { } values)
                    {
                        Validate(map.ValueAt(i), values, at?.Key(key), false, errors);
                    }
                }

                break;
            case IApiList list when schema.Items is { } items:
                for (var i = 0; i < list.Count; i++)
                {
                    Validate(list.ItemAt(i), items, at?.Index(i), false, errors);
                }

                break;
        }
    }

    private static object? Head(string key, object? value, FieldPath at, bool dropInvalid, List<string>? unknown, out FieldError? fault)
    {
        fault = null;
        if (key != "metadata")
        {
            if (value is string)
            {
                return value;
            }

            fault = dropInvalid ? null : new FieldError(FieldErrorType.Invalid, at.ToString(), value, "must be a string");
            return null;
        }

        if (Metadata(value, unknown is null ? null : new DecodeIssues(), out var issues, out var why) is not { } meta)
        {
            fault = dropInvalid ? null : new FieldError(FieldErrorType.Invalid, at.ToString(), value, why);
            return null;
        }

        foreach (var issue in issues)
        {
            const string Prefix = "unknown field \"";
            if (issue.StartsWith(Prefix, StringComparison.Ordinal))
            {
                unknown?.Add(at + "." + issue[Prefix.Length..^1]);
            }
        }

        var tidy = ApiJson.ReadValue(ApiJson.WriteToArray(meta));
        return Patch.ValueTree.SameJson(tidy, value) ? value : tidy;
    }

    private static ObjectMeta? Metadata(object? value, DecodeIssues? taking, out IReadOnlyList<string> issues, out string why)
    {
        (issues, why) = ([], "");
        try
        {
            var meta = ApiJson.Read<ObjectMeta>(ApiJson.WriteValueToArray(value), taking);
            issues = taking?.Messages ?? [];
            return meta;
        }
        catch (Exception misfit) when (misfit is ApiDecodeException or JsonException)
        {
            why = misfit.Message;
            return null;
        }
    }

    private static void Heads(IApiMap map, FieldPath? at, FieldErrorList errors)
    {
        foreach (var name in (ReadOnlySpan<string>)["apiVersion", "kind"])
        {
            if (!map.TryGetSlot(name, out var value))
            {
                errors.Required(at.Sub(name));
            }
            else if (value is not string text)
            {
                errors.Invalid(at.Sub(name), value, "must be a string");
            }
            else if (text.Length == 0)
            {
                errors.Invalid(at.Sub(name), text, "must not be empty");
            }
            else if (name == "apiVersion" && text.Count(static c => c == '/') > 1)
            {
                errors.Invalid(at.Sub(name), text, "unexpected GroupVersion string: " + text);
            }
            else if (name == "kind" && Formats.Dns1035Label(text.ToLowerInvariant()) is { Count: > 0 } faults)
            {
                errors.Invalid(at.Sub(name), text, "may have mixed case, but should otherwise match: " + string.Join(",", faults));
            }
        }

        if (!map.TryGetSlot("metadata", out var given) || given is null)
        {
            return;
        }

        if (Metadata(given, null, out _, out var why) is not { } meta)
        {
            errors.Invalid(at.Sub("metadata"), given, why);
            return;
        }

        MetadataValidator.Validate(meta.Name.Length == 0 ? meta with { Name = "fakename" } : meta, meta.Namespace.Length > 0, Formats.PathSegment, errors, at.Sub("metadata"));
    }
}
