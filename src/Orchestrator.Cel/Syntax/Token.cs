namespace Orchestrator.Cel.Syntax;

/// <summary>A token: its place in code points and its text.</summary>
internal readonly record struct Token(TokenKind Kind, int Position, string Text);
