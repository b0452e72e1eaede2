using System.Text;

namespace Orchestrator.Agent.Variables;

/// <summary>References in commands, arguments and values: <c>$(NAME)</c>; <c>$$</c> is a dollar sign.</summary>
internal static class Expansion
{
    /// <summary>Replaces the references that are known; others stay as they are written.</summary>
    public static string Expand(string text, Func<string, string?> lookup)
    {
        if (!text.Contains('$'))
        {
            return text;
        }

        var expanded = new StringBuilder(text.Length + 16);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '$' || i + 1 == text.Length)
            {
                expanded.Append(text[i]);
                continue;
            }

            switch (text[i + 1])
            {
                case '$':
                    expanded.Append('$');
                    i++;
                    break;
                case '(' when text.IndexOf(')', i + 2) is var end and >= 0:
                    var name = text[(i + 2)..end];
                    expanded.Append(lookup(name) ?? $"$({name})");
                    i = end;
                    break;
                case '(':
                    expanded.Append("$(");
                    i++;
                    break;
                default:
                    expanded.Append('$').Append(text[i + 1]);
                    i++;
                    break;
            }
        }

        return expanded.ToString();
    }
}
