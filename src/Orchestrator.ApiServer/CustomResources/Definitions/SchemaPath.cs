using System.Globalization;
using System.Text;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.CustomResources.Definitions;

/// <summary>A path to a field in a schema: <c>.spec.name</c>, <c>['a.b'].c</c>, as fieldPath of rules and selectable fields have it.</summary>
internal static class SchemaPath
{
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
        var i = 0;
        if (path.Length == 0)
        {
            return (names, null, null, "must not be empty");
        }

        while (i < path.Length)
        {
            string name;
            var bracket = path[i] == '[';
            if (path[i] == '.')
            {
                i++;
                var start = i;
                var text = new StringBuilder();
                while (i < path.Length && path[i] is not ('.' or '['))
                {
                    if (path[i] == '\\' && i + 1 < path.Length)
                    {
                        i++;
                    }

                    text.Append(path[i++]);
                }

                if (i == start)
                {
                    return (names, null, null, "unexpected end of JSON path");
                }

                name = text.ToString();
            }
            else if (bracket)
            {
                if (!allowKeys)
                {
                    return (names, null, null, "array notation is not allowed");
                }

                if (!TryReadKey(path, ref i, out name, out var why))
                {
                    return (names, null, null, why);
                }
            }
            else
            {
                var end = path.AsSpan(i).IndexOfAny('.', '[');
                return (names, null, null, "expected [ or . but got: " + (end < 0 ? path[i..] : path.Substring(i, end)));
            }

            if (current.Properties.TryGetValue(name, out var property))
            {
                current = property;
                at = bracket && name.Contains('.', StringComparison.Ordinal) ? at is null ? FieldPath.Root("").Key(name) : at.Key(name) : at.Sub(name);
            }
            else if (current.AdditionalProperties?.Schema is { } values)
            {
                current = values;
                at = at is null ? FieldPath.Root("").Key(name) : at.Key(name);
            }
            else if (current.Items is not null)
            {
                return (names, null, null, "array notation is not allowed");
            }
            else
            {
                return (names, null, null, "does not refer to a valid field");
            }

            names.Add(name);
        }

        return (names, at, current, null);
    }

    /// <summary>A key in brackets: a text in single quotes.</summary>
    private static bool TryReadKey(string path, ref int i, out string name, out string why)
    {
        (name, why) = ("", "");
        var text = new StringBuilder();
        i++;
        if (i >= path.Length || path[i] != '\'')
        {
            var close = path.IndexOf(']', Math.Min(i, path.Length - 1));
            var content = close < 0 ? path[Math.Min(i, path.Length)..] : path[i..close];
            why = int.TryParse(content, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? "array notation is not allowed" : "expected single quoted string but got " + content;
            return false;
        }

        for (i++; i < path.Length && path[i] != '\''; i++)
        {
            if (path[i] == '\\' && i + 1 < path.Length)
            {
                i++;
            }

            text.Append(path[i]);
        }

        if (i + 1 >= path.Length || path[i + 1] != ']')
        {
            why = "unexpected end of JSON path";
            return false;
        }

        i += 2;
        name = text.ToString();
        return true;
    }
}
