using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Orchestrator.ApiServer.Http;

/// <summary>
/// Query parameters as Go's net/url reads them: names count by their exact letters (ASP.NET's do not, and <c>DryRun=All</c> is no dry run), and a
/// parameter with a semicolon or a broken escape is left out.
/// </summary>
internal sealed class GoQuery : IQueryCollection, IQueryFeature
{
    private readonly List<KeyValuePair<string, StringValues>> _parameters = new(2);

    /// <param name="query">The query with or without its question mark.</param>
    public GoQuery(string query)
    {
        var text = query.AsSpan().TrimStart('?');
        foreach (var range in text.Split('&'))
        {
            var pair = text[range];
            if (pair.Length == 0 || pair.Contains(';'))
            {
                continue;
            }

            var cut = pair.IndexOf('=');
            if (TryUnescape(cut < 0 ? pair : pair[..cut], out var name) && TryUnescape(cut < 0 ? "" : pair[(cut + 1)..], out var value))
            {
                Add(name, value);
            }
        }
    }

    public IQueryCollection Query
    {
        get => field ?? this;
        set;
    }

    public int Count => _parameters.Count;

    public ICollection<string> Keys => _parameters.ConvertAll(static p => p.Key);

    public StringValues this[string key] => TryGetValue(key, out var values) ? values : StringValues.Empty;

    /// <summary>Puts itself before a request that has a query.</summary>
    public static void Attach(HttpContext context)
    {
        if (context.Request.QueryString is { HasValue: true, Value: { } query })
        {
            context.Features.Set<IQueryFeature>(new GoQuery(query));
        }
    }

    public bool ContainsKey(string key) => Find(key) >= 0;

    public bool TryGetValue(string key, out StringValues value)
    {
        var at = Find(key);
        value = at < 0 ? StringValues.Empty : _parameters[at].Value;
        return at >= 0;
    }

    public IEnumerator<KeyValuePair<string, StringValues>> GetEnumerator() => _parameters.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int Find(string key)
    {
        for (var i = 0; i < _parameters.Count; i++)
        {
            if (_parameters[i].Key == key)
            {
                return i;
            }
        }

        return -1;
    }

    private void Add(string name, string value)
    {
        var at = Find(name);
        if (at < 0)
        {
            _parameters.Add(new(name, value));
        }
        else
        {
            _parameters[at] = new(name, StringValues.Concat(_parameters[at].Value, value));
        }
    }

    private static bool TryUnescape(ReadOnlySpan<char> raw, [NotNullWhen(true)] out string? text)
    {
        if (!raw.ContainsAny('%', '+'))
        {
            text = raw.ToString();
            return true;
        }

        text = null;
        var bytes = new byte[System.Text.Encoding.UTF8.GetMaxByteCount(raw.Length)];
        var length = 0;
        while (raw.Length > 0)
        {
            if (raw[0] == '%')
            {
                if (raw.Length < 3 || !char.IsAsciiHexDigit(raw[1]) || !char.IsAsciiHexDigit(raw[2]))
                {
                    return false;
                }

                bytes[length++] = byte.Parse(raw.Slice(1, 2), System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture);
                raw = raw[3..];
            }
            else if (raw[0] == '+')
            {
                bytes[length++] = (byte)' ';
                raw = raw[1..];
            }
            else
            {
                var plain = raw.IndexOfAny('%', '+') is var next && next < 0 ? raw : raw[..next];
                length += System.Text.Encoding.UTF8.GetBytes(plain, bytes.AsSpan(length));
                raw = raw[plain.Length..];
            }
        }

        text = System.Text.Encoding.UTF8.GetString(bytes, 0, length);
        return true;
    }
}
