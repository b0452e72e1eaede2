using System.Text.Json;
using Orchestrator.Cel.Values;

namespace Orchestrator.ApiServer.Identity.Authentication;

/// <summary>
/// Claims as expressions see them: every number is a double, and what cannot stand behind a dot is found under its escaped name as well,
/// as <c>claims.a__dot__b</c>.
/// </summary>
internal static class ClaimValues
{
    private static readonly HashSet<string> Reserved = new(StringComparer.Ordinal)
    {
        "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package", "namespace", "return", "var", "void", "while",
    };

    public static CelValue Of(JsonElement claim) => claim.ValueKind switch
    {
        JsonValueKind.String => claim.GetString()!,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => CelValue.Double(claim.GetDouble()),
        JsonValueKind.Object => new Map(claim),
        JsonValueKind.Array => new List(claim),
        _ => CelValue.Null,
    };

    /// <summary>The name that an escaped one stands for; null if it is not escaped.</summary>
    private static string? Unescape(string name)
    {
        if (!name.Contains("__", StringComparison.Ordinal))
        {
            return null;
        }

        if (name.Length > 4 && name.StartsWith("__", StringComparison.Ordinal) && name.EndsWith("__", StringComparison.Ordinal) && Reserved.Contains(name[2..^2]))
        {
            return name[2..^2];
        }

        var plain = name.Replace("__dot__", ".", StringComparison.Ordinal).Replace("__dash__", "-", StringComparison.Ordinal)
            .Replace("__slash__", "/", StringComparison.Ordinal).Replace("__underscores__", "__", StringComparison.Ordinal);
        return plain == name ? null : plain;
    }

    private sealed class Map(JsonElement claims) : CelMap
    {
        public override int Count { get; } = claims.EnumerateObject().Count();

        public override IEnumerable<CelValue> Keys => claims.EnumerateObject().Select(static p => (CelValue)p.Name);

        public override bool TryGet(in CelValue key, out CelValue value)
        {
            value = default;
            if (!key.IsString || !claims.TryGetProperty(Unescape(key.AsString) ?? key.AsString, out var claim))
            {
                return false;
            }

            value = Of(claim);
            return true;
        }
    }

    private sealed class List(JsonElement items) : CelList
    {
        public override int Count { get; } = items.GetArrayLength();

        public override CelValue this[int index] => Of(items[index]);
    }
}
