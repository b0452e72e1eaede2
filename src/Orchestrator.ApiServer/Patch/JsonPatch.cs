using System.Globalization;
using Orchestrator.Api;

namespace Orchestrator.ApiServer.Patch;

/// <summary>
/// JSON patch (RFC 6902) with the liberties of upstream's library: replace and copy take paths that are not there, indices may count from the end,
/// a path may lack its first slash.
/// </summary>
internal static class JsonPatch
{
    private const string Missing = "missing value";
    private const string InvalidIndex = "invalid index referenced";

    /// <summary>Told instead of an index that is no number.</summary>
    private const int Unparsed = int.MinValue;

    /// <summary>Applies the operations one after the other; false as soon as one fails, and then the document is of no use.</summary>
    /// <param name="document">What is changed.</param>
    /// <param name="operations">The patch.</param>
    /// <param name="fault">Why it does not fit, in the library's words; "" if it does.</param>
    public static bool TryApply(PatchDocument document, IApiList operations, out string fault)
    {
        fault = "";
        if (!document.Open())
        {
            return false;
        }

        for (var i = 0; i < operations.Count; i++)
        {
            if (operations.ItemAt(i) is not IApiMap operation)
            {
                return false;
            }

            if (Apply(document, operation) is { } why)
            {
                fault = why;
                return false;
            }
        }

        return true;
    }

    /// <summary>Why an operation does not fit; null if it did.</summary>
    private static string? Apply(PatchDocument document, IApiMap operation)
    {
        var op = Text(operation, "op");
        var path = Text(operation, "path");
        switch (op)
        {
            case "add":
                return path is null ? Undecoded(op, "path")
                    : !Find(document, path, out var parent, out var key) ? $"add operation does not apply: doc is missing path: \"{path}\": {Missing}"
                    : Add(parent, key, Value(operation)) is { } unfit ? $"error in add for path: '{path}': {unfit}"
                    : null;
            case "remove":
                return path is null ? Undecoded(op, "path")
                    : !Find(document, path, out parent, out key) ? $"remove operation does not apply: doc is missing path: \"{path}\": {Missing}"
                    : Remove(parent, key) is { } absent ? $"error in remove for path: '{path}': {absent}"
                    : null;
            case "replace":
                return path is null ? Undecoded(op, "path")
                    : !Find(document, path, out parent, out key) ? $"replace operation does not apply: doc is missing path: {path}: {Missing}"
                    : Get(parent, key, out _) is not null ? $"replace operation does not apply: doc is missing key: {path}: {Missing}"
                    : Set(parent, key, Value(operation)) is { } unset ? $"error in remove for path: '{path}': {unset}"
                    : null;
            case "test":
                return path is null ? Undecoded(op, "path")
                    : !Find(document, path, out parent, out key) ? $"test operation does not apply: is missing path: {path}: {Missing}"
                    : Get(parent, key, out var present) is { } unread ? $"error in test for path: '{path}': {unread}"
                    : Same(present, Value(operation)) ? null
                    : $"testing value {path} failed: test failed";
            case "move":
                return Text(operation, "from") is not { } source ? Undecoded(op, "from")
                    : !Find(document, source, out parent, out key) ? $"move operation does not apply: doc is missing from path: {source}: {Missing}"
                    : (Get(parent, key, out var moved) ?? Remove(parent, key)) is { } unmoved ? $"error in move for path: '{key}': {unmoved}"
                    : path is null ? Undecoded(op, "path")
                    : !Find(document, path, out parent, out key) ? $"move operation does not apply: doc is missing destination path: {path}: {Missing}"
                    : Add(parent, key, moved) is { } unplaced ? $"error in move for path: '{path}': {unplaced}"
                    : null;
            case "copy":
                return Text(operation, "from") is not { } original ? Undecoded(op, "from")
                    : !Find(document, original, out parent, out key) ? $"copy operation does not apply: doc is missing from path: \"{original}\": {Missing}"
                    : Get(parent, key, out var copied) is { } uncopied ? $"error in copy for from: '{original}': {uncopied}"
                    : path is null ? Undecoded(op, "path")
                    : !Find(document, path, out parent, out key) ? $"copy operation does not apply: doc is missing destination path: {path}: {Missing}"
                    : Add(parent, key, copied?.Copy()) is { } unadded ? $"error while adding value during copy: {unadded}"
                    : null;
            default:
                return $"Unexpected kind: {op ?? "unknown"}";
        }
    }

    private static string Undecoded(string op, string field) => $"{op} operation failed to decode {field}: {Missing}";

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
            if (Get(parent, Unescape(parts[i]), out var next) is not null || next is null || !next.Open())
            {
                return false;
            }

            parent = next;
        }

        key = Unescape(parts[^1]);
        return true;
    }

    private static string Unescape(string part) => part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);

    private static string? Get(PatchDocument parent, string key, out PatchDocument? value)
    {
        value = null;
        if (parent.Members is not null)
        {
            parent.Members.TryGetValue(key, out value);
            return null;
        }

        if (IndexFault(key, parent.Items!.Count, out var index) is { } fault)
        {
            return fault;
        }

        value = parent.Items[index];
        return null;
    }

    private static string? Set(PatchDocument parent, string key, PatchDocument? value)
    {
        if (parent.Members is not null)
        {
            parent.Members[key] = value;
            return null;
        }

        if (IndexFault(key, parent.Items!.Count, out var index) is { } fault)
        {
            return fault;
        }

        parent.Items[index] = value;
        return null;
    }

    private static string? Add(PatchDocument parent, string key, PatchDocument? value)
    {
        if (parent.Members is not null)
        {
            parent.Members[key] = value;
            return null;
        }

        if (key == "-")
        {
            parent.Items!.Add(value);
            return null;
        }

        if (IndexFault(key, parent.Items!.Count + 1, out var index) is { } fault)
        {
            return index == Unparsed ? $"value was not a proper array index: '{key}': {fault}" : fault;
        }

        parent.Items.Insert(index, value);
        return null;
    }

    private static string? Remove(PatchDocument parent, string key)
    {
        if (parent.Members is not null)
        {
            return parent.Members.Remove(key) ? null : $"Unable to remove nonexistent key: {key}: {Missing}";
        }

        if (IndexFault(key, parent.Items!.Count, out var index) is { } fault)
        {
            return fault;
        }

        parent.Items.RemoveAt(index);
        return null;
    }

    /// <summary>An index, counted from the end if negative; why it is none, or null.</summary>
    private static string? IndexFault(string key, int count, out int index)
    {
        if (!int.TryParse(key, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out index))
        {
            index = Unparsed;
            return $"strconv.Atoi: parsing \"{key}\": invalid syntax";
        }

        var given = index;
        if (index < 0)
        {
            index += count;
        }

        return index >= 0 && index < count ? null : $"Unable to access invalid index: {given.ToString(CultureInfo.InvariantCulture)}: {InvalidIndex}";
    }
}
