using Orchestrator.Api;
using Orchestrator.ApiServer.Patch;

namespace Orchestrator.ApiServer.Apply;

/// <summary>A list: atomic (owned as a whole), a set of scalars, or a map by key fields.</summary>
/// <param name="element">The items' type.</param>
/// <param name="associative">A set or a map; false for atomic.</param>
/// <param name="keys">The key fields; none for a set.</param>
/// <param name="defaults">The keys' defaults as JSON values, in the order of the keys; null where a key has none.</param>
internal sealed class ListType(FieldType element, bool associative, string[] keys, object?[] defaults) : FieldType
{
    public FieldType Element { get; } = element;

    public bool IsAssociative { get; } = associative;

    public ReadOnlySpan<string> Keys => keys;

    /// <summary>What identifies an item.</summary>
    /// <param name="item">A struct, a map or a scalar.</param>
    /// <param name="error">Why it cannot be identified.</param>
    public PathElement? ElementOf(object? item, out string? error)
    {
        error = null;
        if (keys.Length == 0)
        {
            var plain = ValueTree.Plain(item);
            error = plain switch
            {
                null => "associative list without keys has an element that's an explicit null",
                IApiList => "not supported: associative list with lists as elements",
                ApiStruct or IApiMap => "associative list without keys has an element that's a map type",
                _ => null,
            };
            return error is null ? PathElement.Item(plain) : null;
        }

        var found = new KeyValuePair<string, object?>[keys.Length];
        var count = 0;
        if (item is ApiStruct structure && !ValueTree.IsAlternative(structure))
        {
            var schema = structure.TypeSchema;
            for (var i = 0; i < keys.Length; i++)
            {
                var field = schema.Find(keys[i]);
                var value = field is null ? null : structure.Slots[field.Ordinal]
                    ?? (Api.Json.ApiJsonWriter.OmitsNull(field) ? null : ValueTree.ZeroOf(field));
                Add(i, value, field is not null && value is not null);
            }
        }
        else if (ValueTree.AsMap(item) is { } map)
        {
            for (var i = 0; i < keys.Length; i++)
            {
                Add(i, map.TryGetSlot(keys[i], out var value) ? value : null, map.TryGetSlot(keys[i], out _));
            }
        }
        else
        {
            error = ValueTree.Plain(item) is null
                ? "associative list with keys may not have a null element"
                : "associative list with keys may not have non-map elements";
            return null;
        }

        if (count == 0)
        {
            error = "associative list with keys has an element that omits all key fields [" + string.Join(" ", keys.Select(static k => "\"" + k + "\""))
                + "] (and doesn't have default values for any key fields)";
            return null;
        }

        return PathElement.Key(count == found.Length ? found : found[..count]);

        void Add(int key, object? value, bool present)
        {
            if (present)
            {
                found[count++] = new(keys[key], ValueTree.Plain(value));
            }
            else if (defaults[key] is { } given)
            {
                found[count++] = new(keys[key], given);
            }
        }
    }
}
