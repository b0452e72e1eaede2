using Orchestrator.Api;
using Orchestrator.ApiServer.Patch;

namespace Orchestrator.ApiServer.CustomResources;

/// <summary>Simple paths (<c>.spec.replicas</c>) into the content of custom objects.</summary>
internal static class CustomPaths
{
    /// <summary>The value at a path; null if there is none.</summary>
    public static object? Find(CustomObject obj, string path)
    {
        object? value = obj.Content;
        foreach (var name in path.TrimStart('.').Split('.'))
        {
            if (value is not IApiMap map || !map.TryGetSlot(name, out value))
            {
                return null;
            }
        }

        return value;
    }

    /// <summary>What is wrong with the way to a value: something on it is no object; null if it can be gone.</summary>
    public static string? Obstacle(CustomObject obj, string path)
    {
        object? value = obj.Content;
        foreach (var name in path.TrimStart('.').Split('.'))
        {
            if (value is not IApiMap map)
            {
                return WrongType(path, value, "map[string]interface{}");
            }

            if (!map.TryGetSlot(name, out value))
            {
                return null;
            }
        }

        return null;
    }

    /// <summary>The content with the value at a path set.</summary>
    public static ApiMap<object?> With(ApiMap<object?> content, string path, object? value) => With(content, path.TrimStart('.').Split('.'), value);

    public static string WrongType(string path, object? value, string expected) =>
        $"{path} accessor error: {GoFormat.Value(value)} is of the type {GoFormat.TypeOf(value)}, expected {expected}";

    private static ApiMap<object?> With(ApiMap<object?> map, ReadOnlySpan<string> names, object? value) => names.Length == 1
        ? map.With(names[0], value)
        : map.With(names[0], With(map.TryGetSlot(names[0], out var inner) && inner is ApiMap<object?> next ? next : ApiMap<object?>.Empty, names[1..], value));
}
