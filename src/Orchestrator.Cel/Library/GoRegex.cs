using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Orchestrator.Cel.Library;

/// <summary>
/// Regular expressions with RE2's syntax and guarantee: time linear in the text. They run on .NET's non-backtracking engine; what RE2 writes or means
/// otherwise is translated, what it does not have is refused.
/// </summary>
public sealed class GoRegex
{
    // Literals of a program are always the same string objects, so that their regular expressions are made once and live as long as the program.
    private static readonly ConditionalWeakTable<string, GoRegex> OfLiterals = [];

    private readonly Regex _regex;

    private GoRegex(Regex regex) => _regex = regex;

    /// <summary>The expression; null with Go's message if it is none.</summary>
    public static GoRegex? Get(string pattern, out string fault)
    {
        fault = "";
        if (OfLiterals.TryGetValue(pattern, out var known))
        {
            return known;
        }

        try
        {
            var translated = new GoRegexTranslation(pattern).Translate();
            var regex = new GoRegex(new Regex(translated, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant));
            return OfLiterals.GetValue(pattern, _ => regex);
        }
        catch (FormatException e)
        {
            fault = e.Message;
            return null;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            fault = $"error parsing regexp: invalid or unsupported Perl syntax: `{pattern}`";
            return null;
        }
    }

    /// <summary>Whether the expression matches somewhere in the text.</summary>
    public bool IsMatch(string text) => _regex.IsMatch(text);

    /// <summary>The leftmost match; "" if there is none.</summary>
    public string Find(string text) => _regex.Match(text).Value;

    /// <summary>All matches, at most as many as given (below 0: all).</summary>
    public IEnumerable<string> FindAll(string text, long limit)
    {
        var end = -1;
        foreach (Match match in _regex.Matches(text))
        {
            // Go leaves out an empty match right behind another.
            if (match.Length == 0 && match.Index == end)
            {
                continue;
            }

            end = match.Index + match.Length;
            if (limit-- == 0)
            {
                yield break;
            }

            yield return match.Value;
        }
    }
}
