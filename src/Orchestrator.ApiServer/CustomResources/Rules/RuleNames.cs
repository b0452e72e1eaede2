using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Orchestrator.ApiServer.CustomResources.Rules;

/// <summary>How fields are called in rules: names that the language does not allow are escaped.</summary>
internal static class RuleNames
{
    private static readonly FrozenSet<string> Reserved = new[]
    {
        "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package", "namespace",
        "return", "var", "void", "while",
    }.ToFrozenSet();

    /// <summary>A word of the language.</summary>
    public static bool IsReserved(string name) => Reserved.Contains(name);

    /// <summary>The name in rules; false for names that rules cannot speak of.</summary>
    public static bool TryEscape(string name, [NotNullWhen(true)] out string? escaped)
    {
        escaped = null;
        if (name.Length == 0 || char.IsAsciiDigit(name[0]))
        {
            return false;
        }

        if (Reserved.Contains(name))
        {
            escaped = "__" + name + "__";
            return true;
        }

        var text = new StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            switch (name[i])
            {
                case '_' when i + 1 < name.Length && name[i + 1] == '_':
                    text.Append("__underscores__");
                    i++;
                    break;
                case '.':
                    text.Append("__dot__");
                    break;
                case '-':
                    text.Append("__dash__");
                    break;
                case '/':
                    text.Append("__slash__");
                    break;
                case '_' or (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9'):
                    text.Append(name[i]);
                    break;
                default:
                    return false;
            }
        }

        escaped = text.ToString();
        return true;
    }
}
