namespace Orchestrator.Cel.Syntax;

/// <summary>The tokens of the language, in the order in which messages list them.</summary>
internal enum TokenKind : byte
{
    EqualsEquals,
    NotEquals,
    In,
    Less,
    LessEquals,
    GreaterEquals,
    Greater,
    And,
    Or,
    LeftBracket,
    RightBracket,
    LeftBrace,
    RightBrace,
    LeftParen,
    RightParen,
    Dot,
    Comma,
    Minus,
    Exclamation,
    Question,
    Colon,
    Plus,
    Star,
    Slash,
    Percent,
    True,
    False,
    Null,
    Float,
    Int,
    UInt,
    String,
    Bytes,
    Identifier,
    EscapedIdentifier,

    /// <summary>The end of the text; listed first in messages.</summary>
    End,
}
