using Orchestrator.Api;

namespace Orchestrator.ApiServer.OpenApi;

/// <summary>Short forms for writing JSON trees down.</summary>
internal static class JsonTree
{
    /// <summary>An object of the entries; entries with a null value are left out.</summary>
    public static ApiMap<object?> Map(params ReadOnlySpan<(string Key, object? Value)> entries)
    {
        var map = new ApiMap<object?>(entries.Length);
        foreach (var (key, value) in entries)
        {
            if (value is not null)
            {
                map.SetSlot(key, value is int number ? (long)number : value);
            }
        }

        return map;
    }

    public static ApiList<object?> List(params IEnumerable<object?> items)
    {
        var array = items.ToArray();
        return new ApiList<object?>(array, array.Length);
    }
}
