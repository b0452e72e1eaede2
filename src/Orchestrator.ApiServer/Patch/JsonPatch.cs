using System.Globalization;
using Orchestrator.Api;

namespace Orchestrator.ApiServer.Patch;

/// <summary>
/// JSON patch (RFC 6902) with the liberties of upstream's library: replace and copy take paths that are not there, indices may count from the end,
/// a path may lack its first slash.
/// </summary>
internal static class JsonPatch
{
    /// <summary>Applies the operations one after the other; false as soon as one fails, and then the document is of no use.</summary>
    public static bool TryApply(PatchDocument document, IApiList operations)
    {
        if (!document.Open())
        {
            return false;
        }

        for (var i = 0; i < operations.Count; i++)
        {
            if (operations.ItemAt(i) is not IApiMap operation || !TryApply(document, operation))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryApply(PatchDocument document, IApiMap operation) => Text(operation, "op") switch
    {
        "add" => Find(document, Text(operation, "path"), out var parent, out var key) && Add(parent, key, Value(operation)),
        "remove" => Find(document, Text(operation, "path"), out var parent, out var key) && Remove(parent, key),
        "replace" => Find(document, Text(operation, "path"), out var parent, out var key) && Get(parent, key, out _) && Set(parent, key, Value(operation)),
        "test" => Find(document, Text(operation, "path"), out var parent, out var key) && Get(parent, key, out var present) && Same(present, Value(operation)),
        "move" => Find(document, Text(operation, "from"), out var source, out var from) && Get(source, from, out var moved) && Remove(source, from)
            && Find(document, Text(operation, "path"), out var target, out var to) && Add(target, to, moved),
        "copy" => Find(document, Text(operation, "from"), out var source, out var from) && Get(source, from, out var copied)
            && Find(document, Text(operation, "path"), out var target, out var to) && Add(target, to, copied?.Copy()),
        _ => false,
    };

    private static string? Text(IApiMap operation, string name) => operation.TryGetSlot(name, out var value) ? value as string : null;

    private static PatchDocument? Value(IApiMap operation) =>
        operation.TryGetSlot("value", out var value) && value is not null ? new(Api.Json.ApiJson.WriteValueToArray(value)) : null;

    private static bool Same(PatchDocument? present, PatchDocument? wanted) =>
        present is null ? wanted is null : wanted is not null && present.SameAs(wanted);

    /// <summary>The container that a path ends in, opened, and the last key.</summary>
    private static bool Find(PatchDocument document, string? path, out PatchDocument parent, out string key)
    {
        (parent, key) = (document, "");
        var parts = path?.Split('/') ?? [];
        if (parts.Length < 2)
        {
            return false;
        }

        for (var i = 1; i < parts.Length - 1; i++)
        {
            if (!Get(parent, Unescape(parts[i]), out var next) || next is null || !next.Open())
            {
                return false;
            }

            parent = next;
        }

        key = Unescape(parts[^1]);
        return true;
    }

    private static string Unescape(string part) => part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);

    private static bool Get(PatchDocument parent, string key, out PatchDocument? value)
    {
        value = null;
        if (parent.Members is not null)
        {
            parent.Members.TryGetValue(key, out value);
            return true;
        }

        if (!TryIndex(key, parent.Items!.Count, out var index) || index >= parent.Items.Count)
        {
            return false;
        }

        value = parent.Items[index];
        return true;
    }

    private static bool Set(PatchDocument parent, string key, PatchDocument? value)
    {
        if (parent.Members is not null)
        {
            parent.Members[key] = value;
            return true;
        }

        if (!TryIndex(key, parent.Items!.Count, out var index) || index >= parent.Items.Count)
        {
            return false;
        }

        parent.Items[index] = value;
        return true;
    }

    private static bool Add(PatchDocument parent, string key, PatchDocument? value)
    {
        if (parent.Members is not null)
        {
            parent.Members[key] = value;
            return true;
        }

        if (key == "-")
        {
            parent.Items!.Add(value);
            return true;
        }

        if (!TryIndex(key, parent.Items!.Count + 1, out var index) || index > parent.Items.Count)
        {
            return false;
        }

        parent.Items.Insert(index, value);
        return true;
    }

    private static bool Remove(PatchDocument parent, string key)
    {
        if (parent.Members is not null)
        {
            return parent.Members.Remove(key);
        }

        if (!TryIndex(key, parent.Items!.Count, out var index) || index >= parent.Items.Count)
        {
            return false;
        }

        parent.Items.RemoveAt(index);
        return true;
    }

    /// <summary>An index, counted from the end if negative.</summary>
    private static bool TryIndex(string key, int count, out int index)
    {
        if (!int.TryParse(key, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out index))
        {
            return false;
        }

        if (index < 0)
        {
            index += count;
        }

        return index >= 0;
    }
}
