namespace Orchestrator.Cel.Syntax;

/// <summary>Leaves the rule that cannot go on; the rule's caller recovers.</summary>
internal sealed class SyntaxException(int position, string message) : Exception(message)
{
    public int Position => position;
}
