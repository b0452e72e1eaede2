using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Apply;
using Orchestrator.ApiServer.Expressions;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Patch;
using Orchestrator.Cel.Values;

namespace Orchestrator.ApiServer.Admission.Policies;

/// <summary>What mutations make of objects.</summary>
internal static class ObjectMutation
{
    /// <summary>The object with the operations of a JSON patch applied; itself where an operation <c>test</c> says no.</summary>
    /// <param name="current">The object; not changed.</param>
    /// <param name="resource">Its resource, for kind and version.</param>
    /// <param name="operations">A list of <c>JSONPatch</c> literals.</param>
    /// <param name="fault">Why the patch does not fit; "" if it does.</param>
    /// <exception cref="ApiException">500: the patched object is none of its type.</exception>
    public static ApiObject Patch(ApiObject current, ResourceInfo resource, in CelValue operations, out string fault)
    {
        fault = "";
        var document = new PatchDocument(ApiJson.WriteToArray(Named(current, resource)));
        var list = operations.AsList;
        if (list.Count == 0)
        {
            return current;
        }

        for (var i = 0; i < list.Count; i++)
        {
            if (list[i].Reference is not ObjectLiteral literal)
            {
                fault = $"type mismatch: JSON Patch element at index {i} is not a JSONPatch";
                return current;
            }

            ApiMap<object?> operation;
            try
            {
                operation = literal.ToTree();
            }
            catch (FormatException e)
            {
                fault = e.Message;
                return current;
            }

            if (JsonPatch.TryApply(document, ApiList.Create<object?>([operation]), out var misfit))
            {
                continue;
            }

            fault = operation.GetValueOrDefault("op") is "test" ? "" : "JSON Patch: " + misfit;
            return current;
        }

        return Decode(current, document.ToBytes());
    }

    /// <summary>The object with a configuration merged, as server-side apply merges.</summary>
    /// <param name="current">The object; not changed.</param>
    /// <param name="type">Its type.</param>
    /// <param name="configuration">An <c>Object</c> literal.</param>
    /// <param name="fault">Why it does not fit; "" if it does.</param>
    public static ApiObject Merge(ApiObject current, MapType type, in CelValue configuration, out string fault)
    {
        if (configuration.Reference is not ObjectLiteral literal)
        {
            fault = $"unsupported return type from ApplyConfiguration expression: {configuration.Type.Name}";
            return current;
        }

        fault = literal.PathFault("Object");
        if (fault.Length > 0)
        {
            fault = "type mismatch: " + fault;
            return current;
        }

        try
        {
            var tree = literal.ToTree();
            if (tree.Count == 0)
            {
                return current;
            }

            if (ConfigValidator.Validate(type, tree) is { } misfit)
            {
                fault = $"error applying patch: failed to convert patch object to typed object: {misfit}";
                return current;
            }

            // What is owned as a whole cannot be changed in part.
            var atomics = new List<string>();
            FindAtomics(type, tree, "", atomics);
            if (atomics.Count > 0)
            {
                fault = $"error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: {string.Join(", ", atomics)}";
                return current;
            }

            // What kind of object it is, is not for policies to say.
            return ServerSideApply.ToObject(ValueMerger.Merge(type, current, tree.Without("kind").Without("apiVersion")), current);
        }
        catch (Exception e) when (e is FormatException or ApiDecodeException or ApplyException)
        {
            fault = $"error applying patch: {e.Message}";
            return current;
        }
    }

    private static void FindAtomics(FieldType type, object? value, string path, List<string> atomics)
    {
        switch (type)
        {
            case MapType map when value is IApiMap entries:
                if (map.IsAtomic)
                {
                    atomics.Add(path);
                }

                for (var i = 0; i < entries.Count; i++)
                {
                    if (map.Find(entries.KeyAt(i)) is { } member)
                    {
                        FindAtomics(member.Type, entries.ValueAt(i), $"{path}.{entries.KeyAt(i)}", atomics);
                    }
                }

                break;
            case ListType list when value is IApiList items:
                if (!list.IsAssociative)
                {
                    atomics.Add(path);
                }

                for (var i = 0; i < items.Count; i++)
                {
                    FindAtomics(list.Element, items.ItemAt(i), $"{path}[{i}]", atomics);
                }

                break;
        }
    }

    private static ApiObject Named(ApiObject obj, ResourceInfo resource) =>
        obj.Kind.Length == 0 ? obj with { Kind = resource.Kind, ApiVersion = resource.ApiVersion } : obj;

    private static ApiObject Decode(ApiObject current, byte[] json)
    {
        var issues = new DecodeIssues();
        ApiObject patched;
        try
        {
            patched = (ApiObject)ApiJson.Read(current.TypeSchema, json, issues);
        }
        catch (ApiDecodeException e)
        {
            throw Errors.Internal(e.Message);
        }

        if (patched is CustomObject { Kind.Length: 0 })
        {
            throw Errors.Internal($"Object 'Kind' is missing in '{System.Text.Encoding.UTF8.GetString(json)}'");
        }

        if (patched is CustomObject { ApiVersion.Length: 0 })
        {
            throw Errors.Internal($"failed to convert object: /, Kind={patched.Kind} is unstructured and is not suitable for converting to \"{current.ApiVersion}\"");
        }

        if (issues.Messages.Count > 0)
        {
            throw Errors.Internal("strict decoding error: " + string.Join(", ", issues.Messages));
        }

        return current.Kind.Length == 0 ? patched with { Kind = "", ApiVersion = "" } : patched;
    }
}
