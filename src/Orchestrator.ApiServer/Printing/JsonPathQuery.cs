using System.Globalization;
using System.Text;
using Orchestrator.Api;
using Orchestrator.ApiServer.Patch;

namespace Orchestrator.ApiServer.Printing;

/// <summary>A JSONPath as columns of custom resources have them: fields, indexes, slices, wildcards, unions, recursion and filters.</summary>
internal sealed class JsonPathQuery
{
    private readonly List<Func<object?, IEnumerable<object?>>> _steps = [];

    private JsonPathQuery()
    {
    }

    /// <summary>The query of a path such as <c>.spec.a[0]</c>; null if it is none.</summary>
    public static JsonPathQuery? TryParse(string path)
    {
        var query = new JsonPathQuery();
        var at = 0;
        return query.Parse(path, ref at) && at == path.Length ? query : null;
    }

    /// <summary>All values that the path leads to.</summary>
    public IReadOnlyList<object?> Find(object? root)
    {
        IEnumerable<object?> values = [root];
        foreach (var step in _steps)
        {
            values = values.SelectMany(step);
        }

        return values.ToArray();
    }

    private bool Parse(string text, ref int at)
    {
        if (at < text.Length && text[at] is '$' or '@')
        {
            at++;
        }

        while (at < text.Length)
        {
            if (text[at] == '.')
            {
                at++;
                var recursive = at < text.Length && text[at] == '.';
                at += recursive ? 1 : 0;
                if (recursive)
                {
                    _steps.Add(static v => Descendants(v));
                }

                if (at >= text.Length || text[at] == '[')
                {
                    continue;
                }

                var name = Name(text, ref at);
                if (name.Length == 0)
                {
                    return false;
                }

                _steps.Add(name == "*" ? static v => Children(v) : v => Member(v, name));
            }
            else if (text[at] == '[')
            {
                if (!Bracket(text, ref at))
                {
                    return false;
                }
            }
            else
            {
                return false;
            }
        }

        return true;
    }

    private static string Name(string text, ref int at)
    {
        var name = new StringBuilder();
        while (at < text.Length && text[at] is not ('.' or '[' or ' ' or '=' or '!' or '<' or '>' or ')'))
        {
            if (text[at] == '\\' && at + 1 < text.Length)
            {
                at++;
            }

            name.Append(text[at++]);
        }

        return name.ToString();
    }

    private bool Bracket(string text, ref int at)
    {
        var close = Close(text, at);
        if (close < 0)
        {
            return false;
        }

        var inside = text[(at + 1)..close].Trim();
        at = close + 1;
        if (inside is "*")
        {
            _steps.Add(static v => Children(v));
            return true;
        }

        if (inside.StartsWith("?(", StringComparison.Ordinal) && inside.EndsWith(')'))
        {
            return Filter(inside[2..^1]);
        }

        var alternatives = new List<Func<object?, IEnumerable<object?>>>();
        foreach (var part in inside.Split(',', StringSplitOptions.TrimEntries))
        {
            if (part.Length >= 2 && part[0] is '\'' or '"' && part[^1] == part[0])
            {
                var name = part[1..^1].Replace("\\", "", StringComparison.Ordinal);
                alternatives.Add(v => Member(v, name));
            }
            else if (part.Contains(':', StringComparison.Ordinal))
            {
                var bounds = part.Split(':');
                if (bounds.Length > 3 || !Array.TrueForAll(bounds, static b => b.Length == 0 || int.TryParse(b, out _)))
                {
                    return false;
                }

                alternatives.Add(v => Slice(v, bounds));
            }
            else if (int.TryParse(part, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index))
            {
                alternatives.Add(v => Item(v, index));
            }
            else
            {
                return false;
            }
        }

        _steps.Add(alternatives.Count == 1 ? alternatives[0] : v => alternatives.SelectMany(a => a(v)));
        return true;
    }

    private static int Close(string text, int open)
    {
        var (depth, quote) = (0, '\0');
        for (var i = open; i < text.Length; i++)
        {
            var c = text[i];
            if (quote != '\0')
            {
                quote = c == quote ? '\0' : quote;
            }
            else if (c is '\'' or '"')
            {
                quote = c;
            }
            else if (c == '[')
            {
                depth++;
            }
            else if (c == ']' && --depth == 0)
            {
                return i;
            }
        }

        return -1;
    }

    private bool Filter(string condition)
    {
        string[] operators = ["==", "!=", "<=", ">=", "<", ">"];
        var (cut, op) = operators.Select(o => (condition.IndexOf(o, StringComparison.Ordinal), o)).Where(static x => x.Item1 >= 0).OrderBy(static x => x.Item1).FirstOrDefault((-1, ""));
        var left = TryParse((cut < 0 ? condition : condition[..cut]).Trim());
        if (left is null)
        {
            return false;
        }

        if (cut < 0)
        {
            _steps.Add(v => Elements(v).Where(e => left.Find(e).Count > 0));
            return true;
        }

        var text = condition[(cut + op.Length)..].Trim();
        var right = text.StartsWith('@') || text.StartsWith('$') ? TryParse(text) : null;
        object? literal = text.Length >= 2 && text[0] is '\'' or '"' ? text[1..^1]
            : long.TryParse(text, CultureInfo.InvariantCulture, out var whole) ? whole
            : double.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number
            : text is "true" or "false" ? text == "true" : text;
        _steps.Add(v => Elements(v).Where(e => left.Find(e) is [var a, ..] && Holds(a, op, right is null ? literal : right.Find(e).FirstOrDefault())));
        return true;
    }

    private static bool Holds(object? left, string op, object? right)
    {
        (left, right) = (ValueTree.Plain(left), ValueTree.Plain(right));
        if (op is "==" or "!=")
        {
            return ValueTree.SameJson(left, right) == (op == "==");
        }

        int order;
        if (left is string a && right is string b)
        {
            order = string.CompareOrdinal(a, b);
        }
        else if (left is long or double && right is long or double)
        {
            order = Convert.ToDouble(left, CultureInfo.InvariantCulture).CompareTo(Convert.ToDouble(right, CultureInfo.InvariantCulture));
        }
        else
        {
            return false;
        }

        return op switch { "<" => order < 0, "<=" => order <= 0, ">" => order > 0, _ => order >= 0 };
    }

    private static IEnumerable<object?> Member(object? value, string name) => ValueTree.AsMap(value) is { } map && map.TryGetSlot(name, out var found) ? [found] : [];

    private static IEnumerable<object?> Item(object? value, int index)
    {
        if (ValueTree.AsList(value) is not { } list)
        {
            return [];
        }

        var i = index < 0 ? list.Count + index : index;
        return i >= 0 && i < list.Count ? [list.ItemAt(i)] : [];
    }

    private static IEnumerable<object?> Slice(object? value, string[] bounds)
    {
        if (ValueTree.AsList(value) is not { } list)
        {
            yield break;
        }

        var start = bounds[0].Length == 0 ? 0 : int.Parse(bounds[0], CultureInfo.InvariantCulture);
        var end = bounds[1].Length == 0 ? list.Count : int.Parse(bounds[1], CultureInfo.InvariantCulture);
        var step = bounds.Length < 3 || bounds[2].Length == 0 ? 1 : Math.Max(1, int.Parse(bounds[2], CultureInfo.InvariantCulture));
        start = Math.Clamp(start < 0 ? list.Count + start : start, 0, list.Count);
        end = Math.Clamp(end < 0 ? list.Count + end : end, 0, list.Count);
        for (var i = start; i < end; i += step)
        {
            yield return list.ItemAt(i);
        }
    }

    private static IEnumerable<object?> Elements(object? value) => ValueTree.AsList(value) is { } list ? Enumerable.Range(0, list.Count).Select(list.ItemAt) : [];

    private static IEnumerable<object?> Children(object? value)
    {
        if (ValueTree.AsList(value) is { } list)
        {
            return Enumerable.Range(0, list.Count).Select(list.ItemAt);
        }

        return ValueTree.AsMap(value) is { } map ? Enumerable.Range(0, map.Count).Select(map.ValueAt) : [];
    }

    private static IEnumerable<object?> Descendants(object? value) => Children(value).SelectMany(Descendants).Prepend(value);
}
