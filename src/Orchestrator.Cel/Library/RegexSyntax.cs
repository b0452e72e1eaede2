namespace Orchestrator.Cel.Library;

/// <summary>What Go says of regular expressions.</summary>
public static class RegexSyntax
{
    /// <summary>Why an expression is none in RE2's syntax; "" if it is one.</summary>
    public static string Fault(string pattern)
    {
        GoRegex.Get(pattern, out var fault);
        return fault;
    }
}
