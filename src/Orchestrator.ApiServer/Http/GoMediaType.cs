namespace Orchestrator.ApiServer.Http;

/// <summary>A Content-Type as Go's mime package reads it.</summary>
internal static class GoMediaType
{
    /// <summary>The media type in small letters; null where the header breaks the rules, parameters included.</summary>
    /// <param name="header">The header's value, trimmed as HTTP trims it.</param>
    public static string? Parse(string header)
    {
        var cut = header.IndexOf(';', StringComparison.Ordinal);
        var type = (cut < 0 ? header : header[..cut]).Trim().ToLowerInvariant();
        var slash = type.IndexOf('/', StringComparison.Ordinal);
        if (!IsToken(slash < 0 ? type : type.AsSpan(0, slash)) || (slash >= 0 && !IsToken(type.AsSpan(slash + 1))))
        {
            return null;
        }

        var parameters = cut < 0 ? default : header.AsSpan(cut);
        Dictionary<string, string>? seen = null;
        while ((parameters = parameters.TrimStart()).Length > 0)
        {
            if (!TryParameter(ref parameters, out var name, out var value))
            {
                // Only a last semicolon without anything after it is forgiven.
                return parameters.Trim() is ";" ? type : null;
            }

            if (!(seen ??= new(StringComparer.Ordinal)).TryAdd(name, value) && seen[name] != value)
            {
                return null;
            }
        }

        return type;
    }

    private static bool TryParameter(ref ReadOnlySpan<char> rest, out string name, out string value)
    {
        (name, value) = ("", "");
        if (rest[0] != ';')
        {
            return false;
        }

        var text = rest[1..].TrimStart();
        var end = TokenLength(text);
        name = text[..end].ToString().ToLowerInvariant();
        text = text[end..].TrimStart();
        if (end == 0 || text.Length == 0 || text[0] != '=')
        {
            return false;
        }

        text = text[1..].TrimStart();
        end = text.Length > 0 && text[0] == '"' ? QuotedLength(text) : TokenLength(text);
        if (end == 0)
        {
            return false;
        }

        value = text[..end].ToString();
        rest = text[end..];
        return true;
    }

    private static int QuotedLength(ReadOnlySpan<char> text)
    {
        for (var i = 1; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '"':
                    return i + 1;
                case '\\' when i + 1 < text.Length:
                    i++;
                    break;
                case '\r' or '\n':
                    return 0;
            }
        }

        return 0;
    }

    private static bool IsToken(ReadOnlySpan<char> text) => text.Length > 0 && TokenLength(text) == text.Length;

    private static int TokenLength(ReadOnlySpan<char> text)
    {
        var end = 0;
        while (end < text.Length && text[end] is > ' ' and < (char)127 && !"()<>@,;:\\\"/[]?=".Contains(text[end], StringComparison.Ordinal))
        {
            end++;
        }

        return end;
    }
}
