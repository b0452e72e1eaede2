using Orchestrator.Api;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Registry;

/// <summary>A field selector: <c>spec.nodeName=a,status.phase!=Running</c>.</summary>
internal sealed class FieldSelector
{
    private readonly List<(string Field, string Value, bool Negated)> _terms = [];

    public bool IsEverything => _terms.Count == 0;

    /// <summary>The name that must match, if the selector asks for one.</summary>
    public string? ExactName => _terms.Find(static t => t.Field == "metadata.name" && !t.Negated).Value;

    /// <exception cref="ApiException">Bad syntax, or a field that cannot be selected by.</exception>
    public static FieldSelector Parse(string text, FieldSelectorTable table)
    {
        var selector = new FieldSelector();
        foreach (var term in Split(text))
        {
            if (term.Length == 0)
            {
                continue;
            }

            var (field, value, negated, found) = Cut(term);
            if (!found)
            {
                throw Errors.BadRequest($"invalid selector: '{text}'; can't understand '{term}'");
            }

            // Of nothing nothing is asked.
            if ((field, value) is not ("", ""))
            {
                selector._terms.Add((field, Unescape(value, text), negated));
            }
        }

        foreach (var (field, _, _) in selector._terms)
        {
            table.Check(field);
        }

        return selector;
    }

    /// <summary>This selector for one name.</summary>
    public FieldSelector WithName(string name)
    {
        var selector = new FieldSelector();
        selector._terms.AddRange(_terms);
        selector._terms.Add(("metadata.name", name, false));
        return selector;
    }

    public bool Matches(ApiObject obj, FieldSelectorTable table)
    {
        foreach (var (field, value, negated) in _terms)
        {
            if ((table.Value(obj, field) == value) == negated)
            {
                return false;
            }
        }

        return true;
    }

    private static IEnumerable<string> Split(string text)
    {
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == ',')
            {
                yield return text[start..i];
                start = i + 1;
            }
        }

        yield return text[start..];
    }

    private static (string Field, string Value, bool Negated, bool Found) Cut(string term)
    {
        for (var i = 0; i < term.Length; i++)
        {
            if (term[i] == '\\')
            {
                i++;
                continue;
            }

            if (term.AsSpan(i).StartsWith("!="))
            {
                return (term[..i], term[(i + 2)..], true, true);
            }

            if (term.AsSpan(i).StartsWith("=="))
            {
                return (term[..i], term[(i + 2)..], false, true);
            }

            if (term[i] == '=')
            {
                return (term[..i], term[(i + 1)..], false, true);
            }
        }

        return (term, "", false, false);
    }

    private static string Unescape(string value, string whole)
    {
        if (!value.AsSpan().ContainsAny('\\', '=', ','))
        {
            return value;
        }

        var text = new System.Text.StringBuilder();
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] == '\\')
            {
                i++;
                if (i == value.Length || value[i] is not ('\\' or ',' or '='))
                {
                    throw Errors.BadRequest($"invalid field selector: invalid escape sequence: \\{(i < value.Length ? value[i] : "")}");
                }
            }
            else if (value[i] is '=' or ',')
            {
                throw Errors.BadRequest($"invalid field selector: unescaped character in value: {(int)value[i]}");
            }

            text.Append(value[i]);
        }

        return text.ToString();
    }
}
