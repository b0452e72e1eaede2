using System.Text;

namespace Orchestrator.Cel.Library;

/// <summary>A URL as Go's <c>url.ParseRequestURI</c> reads it: absolute, or a path from the root.</summary>
public sealed class GoUrl
{
    private GoUrl(string text) => Text = text;

    public string Text { get; }

    public string Scheme { get; private set; } = "";

    /// <summary>Host with port.</summary>
    public string Host { get; private set; } = "";

    public string EscapedPath { get; private set; } = "";

    public string RawQuery { get; private set; } = "";

    public string Hostname
    {
        get
        {
            var host = Host;
            var colon = host.LastIndexOf(':');
            if (colon >= 0 && IsPort(host[colon..]))
            {
                host = host[..colon];
            }

            return host.StartsWith('[') && host.EndsWith(']') ? host[1..^1] : host;
        }
    }

    public string Port
    {
        get
        {
            var colon = Host.LastIndexOf(':');
            return colon >= 0 && IsPort(Host[colon..]) ? Host[(colon + 1)..] : "";
        }
    }

    /// <summary>Reads a URL; null with Go's message if it is none.</summary>
    public static GoUrl? Parse(string text, out string fault)
    {
        var url = new GoUrl(text);
        var why = url.Read();
        fault = why.Length == 0 ? "" : $"parse {StandardLibrary.Quote(text)}: {why}";
        return why.Length == 0 ? url : null;
    }

    /// <summary>The query's parameters in order; what cannot be read is left out.</summary>
    public IEnumerable<KeyValuePair<string, string>> Query()
    {
        foreach (var part in RawQuery.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            var key = equals < 0 ? part : part[..equals];
            var value = equals < 0 ? "" : part[(equals + 1)..];
            if (!part.Contains(';', StringComparison.Ordinal) && Unescape(key, plus: true, out _) is { } k && Unescape(value, plus: true, out _) is { } v)
            {
                yield return new(k, v);
            }
        }
    }

    private static bool IsPort(string text) => text.AsSpan(1).IndexOfAnyExceptInRange('0', '9') < 0;

    private string Read()
    {
        if (Text.Any(c => c is < ' ' or '\x7f'))
        {
            return "net/url: invalid control character in URL";
        }

        if (Text.Length == 0)
        {
            return "empty url";
        }

        if (Text == "*")
        {
            EscapedPath = "*";
            return "";
        }

        var rest = Text;
        if (ReadScheme(ref rest) is { Length: > 0 } schemeFault)
        {
            return schemeFault;
        }

        var question = rest.IndexOf('?', StringComparison.Ordinal);
        if (question >= 0)
        {
            RawQuery = rest[(question + 1)..];
            rest = rest[..question];
        }

        if (!rest.StartsWith('/'))
        {
            // What follows a scheme without a slash is opaque.
            return Scheme.Length > 0 ? "" : "invalid URI for request";
        }

        if (Scheme.Length > 0 && rest.StartsWith("//", StringComparison.Ordinal))
        {
            var slash = rest.IndexOf('/', 2);
            var authority = slash < 0 ? rest[2..] : rest[2..slash];
            rest = slash < 0 ? "" : rest[slash..];
            if (ReadAuthority(authority) is { Length: > 0 } hostFault)
            {
                return hostFault;
            }
        }

        if (Unescape(rest, plus: false, out var escapeFault) is null)
        {
            return escapeFault;
        }

        EscapedPath = Escape(rest);
        return "";
    }

    private string ReadScheme(ref string rest)
    {
        for (var i = 0; i < rest.Length; i++)
        {
            var c = rest[i];
            if (char.IsAsciiLetter(c) || (i > 0 && (char.IsAsciiDigit(c) || c is '+' or '-' or '.')))
            {
                continue;
            }

            if (c == ':')
            {
                if (i == 0)
                {
                    return "missing protocol scheme";
                }

                Scheme = rest[..i].ToLowerInvariant();
                rest = rest[(i + 1)..];
            }

            return "";
        }

        return "";
    }

    private string ReadAuthority(string authority)
    {
        var at = authority.LastIndexOf('@');
        if (at >= 0 && authority[..at].Any(c => !char.IsAsciiLetterOrDigit(c) && !"-._:~!$&'()*+,;=%@".Contains(c, StringComparison.Ordinal)))
        {
            return "net/url: invalid userinfo";
        }

        var host = authority[(at + 1)..];
        if (host.StartsWith('['))
        {
            var close = host.LastIndexOf(']');
            if (close < 0)
            {
                return "missing ']' in host";
            }

            if (host.Length > close + 1 && (host[close + 1] != ':' || !IsPort(host[(close + 1)..])))
            {
                return $"invalid port {StandardLibrary.Quote(host[(close + 1)..])} after host";
            }
        }
        else if (host.LastIndexOf(':') is >= 0 and var colon && !IsPort(host[colon..]))
        {
            return $"invalid port {StandardLibrary.Quote(host[colon..])} after host";
        }

        if (host.FirstOrDefault(c => char.IsAscii(c) && !char.IsAsciiLetterOrDigit(c) && !"-_.~!$&'()*+,;=:[]<>\"%".Contains(c, StringComparison.Ordinal)) is not '\0' and var bad)
        {
            return $"invalid character {StandardLibrary.Quote(bad.ToString())} in host name";
        }

        if (Unescape(host, plus: false, out var fault) is not { } unescaped)
        {
            return fault;
        }

        // In hosts only what is beyond ASCII may be escaped, and the percent sign itself.
        for (var i = host.IndexOf('%', StringComparison.Ordinal); i >= 0; i = host.IndexOf('%', i + 1))
        {
            if (host[i + 1] < '8' && host.Substring(i, 3) != "%25")
            {
                return $"invalid URL escape {StandardLibrary.Quote(host.Substring(i, 3))}";
            }
        }

        Host = unescaped;
        return "";
    }

    private static string? Unescape(string text, bool plus, out string fault)
    {
        fault = "";
        if (!text.Contains('%', StringComparison.Ordinal) && !(plus && text.Contains('+', StringComparison.Ordinal)))
        {
            return text;
        }

        var bytes = new List<byte>();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%')
            {
                if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))
                {
                    fault = $"invalid URL escape {StandardLibrary.Quote(text.Substring(i, Math.Min(3, text.Length - i)))}";
                    return null;
                }

                bytes.Add(Convert.ToByte(text.Substring(i + 1, 2), 16));
                i += 2;
            }
            else if (plus && text[i] == '+')
            {
                bytes.Add((byte)' ');
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(text[i..(i + (char.IsSurrogatePair(text, i) ? 2 : 1))]));
                i += char.IsSurrogatePair(text, i) ? 1 : 0;
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    /// <summary>The path with what must be escaped, escaped.</summary>
    private static string Escape(string path)
    {
        var result = new StringBuilder();
        foreach (var b in Encoding.UTF8.GetBytes(path))
        {
            var c = (char)b;
            if (char.IsAsciiLetterOrDigit(c) || "-_.~$&+,/:;=@!'()*%[]".Contains(c, StringComparison.Ordinal))
            {
                result.Append(c);
            }
            else
            {
                result.Append('%').Append(b.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
            }
        }

        return result.ToString();
    }
}
