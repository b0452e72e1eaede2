namespace Orchestrator.Cel.Syntax;

/// <summary>
/// The tokens of an expression for a recursive-descent parser, with the error strategy of ANTLR, whose texts people know: a token too much is
/// skipped, a missing one made up, otherwise the rule gives up and its caller goes on where it can. While it recovers, nothing more is told.
/// </summary>
internal sealed class TokenReader(List<Token> tokens, CelIssues issues)
{
    private const int RecoveriesMax = 30;

    // What may follow the rules in progress, each in its caller.
    private readonly List<TokenSet> _follow = [];
    private readonly HashSet<string> _failedRules = [];
    private int _next;
    private bool _recovering;
    private int _failedAt = -1;
    private int _recoveries;

    public Token Current => tokens[_next];

    public int Index => _next;

    /// <summary>How deep the rules are nested.</summary>
    public int Depth => _follow.Count;

    public TokenKind Peek(int ahead = 0) => tokens[Math.Min(_next + ahead, tokens.Count - 1)].Kind;

    public Token PeekToken(int ahead) => tokens[Math.Min(_next + ahead, tokens.Count - 1)];

    public Token Take()
    {
        var token = tokens[_next];
        _recovering = false;
        Advance();
        return token;
    }

    /// <summary>Runs a rule; what it cannot read is told, skipped, and stood for by an expression without a name.</summary>
    /// <param name="rule">The rule's name.</param>
    /// <param name="follow">What may follow it in the caller.</param>
    /// <param name="body">The rule.</param>
    public Expr Rule(string rule, TokenSet follow, Func<Expr> body)
    {
        _follow.Add(follow);
        try
        {
            return body();
        }
        catch (SyntaxException fault)
        {
            Report(fault.Position, fault.Message);
            Recover(rule);
            return new IdentExpr(fault.Position, "");
        }
        finally
        {
            _follow.RemoveAt(_follow.Count - 1);
        }
    }

    /// <summary>Takes a token of one kind.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="after">What may follow that token here.</param>
    public Token Match(TokenKind kind, TokenSet after)
    {
        if (Peek() == kind)
        {
            return Take();
        }

        CountRecovery();
        var expected = TokenSet.Of(kind);
        if (Peek(1) == kind)
        {
            Unwanted(expected);
            Advance();
            return Take();
        }

        if (InContext(after).Contains(Peek()))
        {
            Report(Current.Position, $"missing {expected} at {Display(Current)}");
            return new(kind, Current.Position, "<missing>");
        }

        throw Mismatch(expected);
    }

    /// <summary>Makes sure that the next token is one of those possible here, skipping one that is too much.</summary>
    public void Expect(TokenSet possible)
    {
        if (_recovering || possible.HasNothing || possible.Contains(Peek()))
        {
            return;
        }

        CountRecovery();
        if (possible.Contains(Peek(1)))
        {
            Unwanted(possible);
            Advance();
            _recovering = false;
            return;
        }

        throw Mismatch(possible);
    }

    /// <summary>As <see cref="Expect"/> behind the first of a repeated token: what does not belong there is skipped to where something does.</summary>
    public void ExpectMore(TokenSet possible)
    {
        if (_recovering || possible.Contains(Peek()))
        {
            return;
        }

        CountRecovery();
        Unwanted(possible);
        SkipTo(possible | RecoverySet());
    }

    public SyntaxException Mismatch(TokenSet expected) => new(Current.Position, $"mismatched input {Display(Current)} expecting {InContext(expected)}");

    /// <summary>No alternative begins with the tokens up to the one given.</summary>
    public SyntaxException NoAlternative(int ahead)
    {
        var text = string.Concat(Enumerable.Range(0, ahead + 1).Select(PeekToken).Where(t => t.Kind != TokenKind.End).Select(t => t.Text));
        return new(PeekToken(ahead).Position, $"no viable alternative at input {Quote(Current.Kind == TokenKind.End ? "<EOF>" : text)}");
    }

    private static string Display(Token token) => Quote(token.Text);

    private static string Quote(string text) =>
        $"'{text.Replace("\t", "\\t", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal)}'";

    private void Advance()
    {
        if (Peek() != TokenKind.End)
        {
            _next++;
        }
    }

    private void Unwanted(TokenSet expected) => Report(Current.Position, $"extraneous input {Display(Current)} expecting {InContext(expected)}");

    private void Report(int position, string message)
    {
        if (!_recovering)
        {
            _recovering = true;
            issues.Add(position, "Syntax error: " + message);
        }
    }

    private void Recover(string rule)
    {
        CountRecovery();

        // A rule that fails twice at one place would fail for ever.
        if (_failedAt == _next && _failedRules.Contains(rule))
        {
            Advance();
        }

        if (_failedAt != _next)
        {
            _failedRules.Clear();
        }

        _failedAt = _next;
        _failedRules.Add(rule);
        SkipTo(RecoverySet());
    }

    private void CountRecovery()
    {
        if (_recoveries++ == RecoveriesMax)
        {
            issues.Add(Current.Position, $"error recovery attempt limit exceeded: {RecoveriesMax}");
            throw new ParseAbandonedException();
        }
    }

    private void SkipTo(TokenSet set)
    {
        while (Peek() != TokenKind.End && !set.Contains(Peek()))
        {
            Advance();
        }
    }

    private TokenSet RecoverySet()
    {
        var set = default(TokenSet);
        foreach (var follow in _follow)
        {
            set |= follow.WithoutNothing;
        }

        return set;
    }

    private TokenSet InContext(TokenSet set)
    {
        for (var i = _follow.Count - 1; i >= 0 && set.HasNothing; i--)
        {
            set = set.WithoutNothing | _follow[i];
        }

        return set.HasNothing ? set.WithoutNothing | TokenSet.Of(TokenKind.End) : set;
    }
}
