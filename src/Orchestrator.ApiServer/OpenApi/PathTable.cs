using Orchestrator.Api;
using static Orchestrator.ApiServer.OpenApi.JsonTree;

namespace Orchestrator.ApiServer.OpenApi;

/// <summary>The paths of a document with their operations. Parameters that all operations of a path have stand with the path, once.</summary>
internal sealed class PathTable(bool v3)
{
    private readonly SortedDictionary<string, SortedDictionary<string, Operation>> _paths = new(StringComparer.Ordinal);

    /// <summary>Adds an operation.</summary>
    /// <param name="path">With its parameters in braces.</param>
    /// <param name="method">In small letters.</param>
    /// <param name="operation">What it does.</param>
    public void Add(string path, string method, Operation operation)
    {
        if (!_paths.TryGetValue(path, out var methods))
        {
            _paths[path] = methods = new(StringComparer.Ordinal);
        }

        methods[method] = operation;
    }

    /// <summary>Writes all that was added.</summary>
    public ApiMap<object?> Write()
    {
        var paths = new ApiMap<object?>();
        foreach (var (path, methods) in _paths)
        {
            var shared = methods.Values.Select(static o => (IEnumerable<OperationParameter>)o.Parameters).Aggregate(static (common, own) => common.Intersect(own)).ToHashSet();
            var item = new ApiMap<object?>();
            foreach (var (method, operation) in methods)
            {
                item.SetSlot(method, operation.Write(v3, shared));
            }

            if (shared.Count > 0)
            {
                var ordered = shared.OrderBy(static p => p.Name, StringComparer.Ordinal).ThenBy(static p => p.InPath ? "path" : "query", StringComparer.Ordinal);
                item.SetSlot("parameters", List(ordered.Select(p => (object?)Operation.Write(p, v3))));
            }

            paths.SetSlot(path, item);
        }

        return paths;
    }
}
