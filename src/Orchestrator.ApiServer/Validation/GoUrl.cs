using Orchestrator.Api.Json;

namespace Orchestrator.ApiServer.Validation;

/// <summary>An address taken apart as Go's net/url does it, whose faults upstream's messages quote.</summary>
internal sealed record GoUrl(string Scheme, string? User, string Host, string Path, string Query, string Fragment)
{
    private const string HostMarks = "!$&'()*+,;=:[]<>\"-._~%";

    /// <summary>Takes a text apart.</summary>
    /// <param name="text">The address.</param>
    /// <param name="url">Its parts, when it is one.</param>
    /// <param name="fault">Go's message, when it is none.</param>
    public static bool TryParse(string text, out GoUrl url, out string fault)
    {
        var hash = text.IndexOf('#', StringComparison.Ordinal);
        var (rest, fragment) = hash < 0 ? (text, "") : (text[..hash], text[(hash + 1)..]);
        var (parsed, problem) = Parse(rest, fragment);
        url = parsed ?? new("", null, "", "", "", "");
        fault = problem is null ? "" : $"parse {GoText.Quote(rest)}: {problem}";
        return parsed is not null;
    }

    private static (GoUrl? Url, string? Fault) Parse(string text, string fragment)
    {
        if (text.AsSpan().ContainsAnyInRange('\0', '\x1f') || text.Contains('\x7f', StringComparison.Ordinal))
        {
            return (null, "net/url: invalid control character in URL");
        }

        if (!TryScheme(text, out var scheme, out var rest))
        {
            return (null, "missing protocol scheme");
        }

        var question = rest.IndexOf('?', StringComparison.Ordinal);
        var query = question < 0 ? "" : rest[(question + 1)..];
        rest = question < 0 ? rest : rest[..question];
        if (!rest.StartsWith('/'))
        {
            if (scheme.Length > 0)
            {
                return (new(scheme, null, "", "", query, fragment), null);
            }

            if (rest.Split('/', 2)[0].Contains(':', StringComparison.Ordinal))
            {
                return (null, "first path segment in URL cannot contain colon");
            }
        }

        string? user = null;
        var host = "";
        if (rest.StartsWith("//", StringComparison.Ordinal) && (scheme.Length > 0 || !rest.StartsWith("///", StringComparison.Ordinal)))
        {
            var end = rest.IndexOf('/', 2);
            var authority = end < 0 ? rest[2..] : rest[2..end];
            rest = end < 0 ? "" : rest[end..];
            var at = authority.LastIndexOf('@');
            (user, host) = at < 0 ? (null, authority) : (authority[..at], authority[(at + 1)..]);
            if (HostFault(host) is { } fault)
            {
                return (null, fault);
            }
        }

        return EscapeFault(rest) is { } escape ? (null, escape) : (new(scheme, user, host, rest, query, fragment), null);
    }

    /// <summary>False for a colon without anything before it.</summary>
    private static bool TryScheme(string text, out string scheme, out string rest)
    {
        (scheme, rest) = ("", text);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsAsciiLetter(c) || (i > 0 && (char.IsAsciiDigit(c) || c is '+' or '-' or '.')))
            {
                continue;
            }

            if (c == ':')
            {
                (scheme, rest) = (text[..i].ToLowerInvariant(), text[(i + 1)..]);
                return i > 0;
            }

            return true;
        }

        return true;
    }

    private static string? HostFault(string host)
    {
        var port = "";
        if (host.StartsWith('['))
        {
            var close = host.LastIndexOf(']');
            if (close < 0)
            {
                return "missing ']' in host";
            }

            port = host[(close + 1)..];
        }
        else if (host.LastIndexOf(':') is >= 0 and var colon)
        {
            port = host[colon..];
        }

        if (port.Length > 0 && (port[0] != ':' || port.AsSpan(1).ContainsAnyExceptInRange('0', '9')))
        {
            return $"invalid port {GoText.Quote(port)} after host";
        }

        foreach (var c in host)
        {
            if (c < 0x80 && !char.IsAsciiLetterOrDigit(c) && !HostMarks.Contains(c, StringComparison.Ordinal))
            {
                return $"invalid character {GoText.Quote(c.ToString())} in host name";
            }
        }

        return EscapeFault(host);
    }

    private static string? EscapeFault(string text)
    {
        for (var i = text.IndexOf('%', StringComparison.Ordinal); i >= 0; i = text.IndexOf('%', i + 1))
        {
            if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))
            {
                return $"invalid URL escape {GoText.Quote(text[i..Math.Min(i + 3, text.Length)])}";
            }
        }

        return null;
    }
}
