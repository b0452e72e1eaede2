using System.Text;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.CustomResources.Definitions;

/// <summary>A path to a field in a schema: <c>.spec.name</c>, <c>['a.b'].c</c>, as fieldPath of rules and selectable fields have it.</summary>
internal static class SchemaPath
{
    private const string NoField = "does not refer to a valid field";
    private const string Cut = "unexpected end of JSON path";

    /// <summary>Finds the field.</summary>
    /// <param name="schema">Where the path starts.</param>
    /// <param name="path">The path.</param>
    /// <param name="allowKeys">Brackets may name fields.</param>
    /// <returns>The names on the way, the field's path and schema, or why there is none.</returns>
    public static (IReadOnlyList<string> Names, FieldPath? Path, JSONSchemaProps? Schema, string? Fault) Find(JSONSchemaProps schema, string path, bool allowKeys)
    {
        var names = new List<string>();
        var current = schema;
        FieldPath? at = null;
        using var tokens = Tokens(path).GetEnumerator();
        while (tokens.MoveNext())
        {
            string name;
            var bracket = tokens.Current == "[";
            if (bracket)
            {
                if (!allowKeys)
                {
                    return Fault("array notation is not allowed");
                }

                if (!tokens.MoveNext())
                {
                    return Fault(Cut);
                }

                var text = tokens.Current;
                if (text.Length < 2 || text[0] != '\'' || text[^1] != '\'')
                {
                    return Fault("expected single quoted string but got " + text);
                }

                if (Unescape(text.AsSpan(1, text.Length - 2), out name) is { } fault)
                {
                    return Fault("invalid string literal: " + fault);
                }
            }
            else if (tokens.Current == ".")
            {
                if (!tokens.MoveNext())
                {
                    return Fault(Cut);
                }

                name = tokens.Current;
            }
            else
            {
                return Fault("expected [ or . but got: " + tokens.Current);
            }

            if (current.Properties.Count > 0)
            {
                if (!current.Properties.TryGetValue(name, out var property))
                {
                    return Fault(NoField);
                }

                current = property;
                at = at.Sub(name);
            }
            else if (current.AdditionalProperties?.Schema is { } values)
            {
                current = values;
                at = at is null ? FieldPath.Root("").Key(name) : at.Key(name);
            }
            else
            {
                return Fault(NoField);
            }

            names.Add(name);
            if (bracket)
            {
                if (!tokens.MoveNext())
                {
                    return Fault(Cut);
                }

                if (tokens.Current != "]")
                {
                    return Fault("expected ] but got " + tokens.Current);
                }
            }
        }

        return (names, at, current, null);

        (IReadOnlyList<string> Names, FieldPath? Path, JSONSchemaProps? Schema, string? Fault) Fault(string why) => (names, null, null, why);
    }

    /// <summary>Dots and brackets are tokens of their own, and so is a text in single quotes and what stands between.</summary>
    private static IEnumerable<string> Tokens(string path)
    {
        for (var start = 0; start < path.Length;)
        {
            var end = start + 1;
            if (path[start] == '\'')
            {
                while (end < path.Length && (path[end] != '\'' || path[end - 1] == '\\'))
                {
                    end++;
                }

                end = Math.Min(end + 1, path.Length);
            }
            else if (path[start] is not ('.' or '[' or ']'))
            {
                while (end < path.Length && path[end] is not ('.' or '[' or ']'))
                {
                    end++;
                }
            }

            yield return path[start..end];
            start = end;
        }
    }

    /// <summary>The text of a literal; the fault of one with an unknown escape.</summary>
    private static string? Unescape(ReadOnlySpan<char> literal, out string text)
    {
        var built = new StringBuilder(literal.Length);
        for (var i = 0; i < literal.Length; i++)
        {
            if (literal[i] != '\\' || i + 1 == literal.Length)
            {
                built.Append(literal[i]);
                continue;
            }

            char? meant = literal[++i] switch
            {
                'a' => '\a',
                'b' => '\b',
                'f' => '\f',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'v' => '\v',
                '\'' => '\'',
                '\\' => '\\',
                _ => null,
            };
            if (meant is null)
            {
                text = "";
                return "invalid escape char \\" + literal[i];
            }

            built.Append(meant);
        }

        text = built.ToString();
        return null;
    }
}
