using System.Numerics;

namespace Orchestrator.Cel.Syntax;

/// <summary>A set of token kinds; <see cref="Nothing"/> in it means that the rule may end here.</summary>
internal readonly record struct TokenSet(ulong Bits)
{
    private const ulong NothingBit = 1UL << 63;

    private static readonly string[] Names =
    [
        "'=='", "'!='", "'in'", "'<'", "'<='", "'>='", "'>'", "'&&'", "'||'", "'['", "']'", "'{'", "'}'", "'('", "')'", "'.'", "','", "'-'", "'!'",
        "'?'", "':'", "'+'", "'*'", "'/'", "'%'", "'true'", "'false'", "'null'", "NUM_FLOAT", "NUM_INT", "NUM_UINT", "STRING", "BYTES", "IDENTIFIER",
        "ESC_IDENTIFIER",
    ];

    public static TokenSet Nothing { get; } = new(NothingBit);

    public bool HasNothing => (Bits & NothingBit) != 0;

    public TokenSet WithoutNothing => new(Bits & ~NothingBit);

    public static TokenSet Of(params ReadOnlySpan<TokenKind> kinds)
    {
        var bits = 0UL;
        foreach (var kind in kinds)
        {
            bits |= 1UL << (int)kind;
        }

        return new(bits);
    }

    public static TokenSet operator |(TokenSet left, TokenSet right) => new(left.Bits | right.Bits);

    public bool Contains(TokenKind kind) => (Bits & (1UL << (int)kind)) != 0;

    /// <summary>One token as it is, several in braces.</summary>
    public override string ToString()
    {
        var names = new List<string>();
        if (Contains(TokenKind.End))
        {
            names.Add("<EOF>");
        }

        for (var i = 0; i < Names.Length; i++)
        {
            if ((Bits & (1UL << i)) != 0)
            {
                names.Add(Names[i]);
            }
        }

        return BitOperations.PopCount(Bits & ~NothingBit) == 1 ? names[0] : $"{{{string.Join(", ", names)}}}";
    }
}
