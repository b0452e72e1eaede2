namespace Orchestrator.Cel.Syntax;

/// <summary>Cuts an expression into tokens: always the longest that fits; what starts none is told and skipped.</summary>
internal sealed class Lexer(CelSource source, CelIssues issues)
{
    private int _position;

    // How far the longest try of the present token came: where a text that is no token stops being one.
    private int _reached;

    public List<Token> ReadAll()
    {
        var tokens = new List<Token>();
        while (true)
        {
            SkipBlanks();
            var start = _position;
            if (source[start] < 0)
            {
                tokens.Add(new(TokenKind.End, start, "<EOF>"));
                return tokens;
            }

            _reached = start;
            if (Next(start) is { } found)
            {
                _position = found.End;
                tokens.Add(new(found.Kind, start, source.Slice(start, found.End)));
                continue;
            }

            // The offending character belongs to the fault, and the search goes on behind it.
            var text = Escape(source.Slice(start, _reached + 1));
            issues.Add(start, $"Syntax error: token recognition error at: '{text}'");
            _position = Math.Min(_reached + 1, source.Length);
        }
    }

    private static string Escape(string text) =>
        text.Replace("\t", "\\t", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal);

    private static bool IsLetter(int c) => c is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or '_';

    private static bool IsDigit(int c) => c is >= '0' and <= '9';

    private static bool IsHex(int c) => c is (>= '0' and <= '9') or (>= 'a' and <= 'f') or (>= 'A' and <= 'F');

    private void SkipBlanks()
    {
        while (true)
        {
            if (source[_position] is ' ' or '\t' or '\n' or '\r' or '\f')
            {
                _position++;
            }
            else if (source[_position] == '/' && source[_position + 1] == '/')
            {
                while (source[_position] is not (-1 or '\n'))
                {
                    _position++;
                }
            }
            else
            {
                return;
            }
        }
    }

    private (TokenKind Kind, int End)? Next(int start)
    {
        var c = source[start];
        if (IsLetter(c))
        {
            return Prefixed(start) ?? Word(start);
        }

        if (IsDigit(c) || (c == '.' && IsDigit(source[start + 1])))
        {
            return Number(start);
        }

        return c switch
        {
            '"' or '\'' => Quoted(start, raw: false) is { } end ? (TokenKind.String, end) : null,
            '`' => Escaped(start),
            '=' => Pair(start, '=', TokenKind.EqualsEquals, null),
            '!' => Pair(start, '=', TokenKind.NotEquals, TokenKind.Exclamation),
            '<' => Pair(start, '=', TokenKind.LessEquals, TokenKind.Less),
            '>' => Pair(start, '=', TokenKind.GreaterEquals, TokenKind.Greater),
            '&' => Pair(start, '&', TokenKind.And, null),
            '|' => Pair(start, '|', TokenKind.Or, null),
            '[' => (TokenKind.LeftBracket, start + 1),
            ']' => (TokenKind.RightBracket, start + 1),
            '{' => (TokenKind.LeftBrace, start + 1),
            '}' => (TokenKind.RightBrace, start + 1),
            '(' => (TokenKind.LeftParen, start + 1),
            ')' => (TokenKind.RightParen, start + 1),
            '.' => (TokenKind.Dot, start + 1),
            ',' => (TokenKind.Comma, start + 1),
            '-' => (TokenKind.Minus, start + 1),
            '?' => (TokenKind.Question, start + 1),
            ':' => (TokenKind.Colon, start + 1),
            '+' => (TokenKind.Plus, start + 1),
            '*' => (TokenKind.Star, start + 1),
            '/' => (TokenKind.Slash, start + 1),
            '%' => (TokenKind.Percent, start + 1),
            _ => null,
        };
    }

    private (TokenKind Kind, int End)? Pair(int start, char second, TokenKind both, TokenKind? single)
    {
        if (source[start + 1] == second)
        {
            return (both, start + 2);
        }

        _reached = start + 1;
        return single is { } kind ? (kind, start + 1) : null;
    }

    private (TokenKind Kind, int End)? Word(int start)
    {
        var end = start + 1;
        while (IsLetter(source[end]) || IsDigit(source[end]))
        {
            end++;
        }

        return (source.Slice(start, end) switch
        {
            "in" => TokenKind.In,
            "true" => TokenKind.True,
            "false" => TokenKind.False,
            "null" => TokenKind.Null,
            _ => TokenKind.Identifier,
        }, end);
    }

    /// <summary>A string or bytes with one or both of the prefixes r and b; null if it is none, or is not closed.</summary>
    private (TokenKind Kind, int End)? Prefixed(int start)
    {
        var (raw, bytes, quote) = (source[start], source[start + 1]) switch
        {
            ('r' or 'R', '"' or '\'') => (true, false, start + 1),
            ('b' or 'B', '"' or '\'') => (false, true, start + 1),
            ('b' or 'B', 'r' or 'R') when source[start + 2] is '"' or '\'' => (true, true, start + 2),
            _ => (false, false, -1),
        };
        return quote >= 0 && Quoted(quote, raw) is { } end ? (bytes ? TokenKind.Bytes : TokenKind.String, end) : null;
    }

    /// <summary>The end of a string; null if it does not close.</summary>
    private int? Quoted(int quoteAt, bool raw)
    {
        var quote = source[quoteAt];
        if (source[quoteAt + 1] == quote && source[quoteAt + 2] == quote && Body(quoteAt + 3, quote, 3, raw) is { } end)
        {
            return end;
        }

        return Body(quoteAt + 1, quote, 1, raw);
    }

    private int? Body(int at, int quote, int quotes, bool raw)
    {
        while (true)
        {
            var c = source[at];
            _reached = Math.Max(_reached, at);
            if (c < 0 || (quotes == 1 && (c is '\n' or '\r')))
            {
                return null;
            }

            if (c == quote && (quotes == 1 || (source[at + 1] == quote && source[at + 2] == quote)))
            {
                return at + quotes;
            }

            if (c == '\\' && !raw)
            {
                if (Escape(at + 1) is not { } next)
                {
                    return null;
                }

                at = next;
                continue;
            }

            at++;
        }
    }

    /// <summary>The end of an escape sequence whose first character behind the backslash is given.</summary>
    private int? Escape(int at)
    {
        var hex = source[at] switch { 'x' or 'X' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (hex > 0)
        {
            for (var i = 1; i <= hex; i++)
            {
                _reached = Math.Max(_reached, at + i);
                if (!IsHex(source[at + i]))
                {
                    return null;
                }
            }

            return at + 1 + hex;
        }

        _reached = Math.Max(_reached, at);
        if (source[at] is >= '0' and <= '3')
        {
            for (var i = 1; i <= 2; i++)
            {
                _reached = Math.Max(_reached, at + i);
                if (source[at + i] is not (>= '0' and <= '7'))
                {
                    return null;
                }
            }

            return at + 3;
        }

        return source[at] is 'a' or 'b' or 'f' or 'n' or 'r' or 't' or 'v' or '"' or '\'' or '\\' or '?' or '`' ? at + 1 : null;
    }

    private (TokenKind Kind, int End)? Escaped(int start)
    {
        var end = start + 1;
        while (IsLetter(source[end]) || IsDigit(source[end]) || source[end] is '.' or '-' or '/' or ' ')
        {
            end++;
        }

        _reached = end;
        return source[end] == '`' && end > start + 1 ? (TokenKind.EscapedIdentifier, end + 1) : null;
    }

    private (TokenKind Kind, int End)? Number(int start)
    {
        if (source[start] == '0' && source[start + 1] == 'x' && IsHex(source[start + 2]))
        {
            var hex = start + 2;
            while (IsHex(source[hex]))
            {
                hex++;
            }

            return source[hex] is 'u' or 'U' ? (TokenKind.UInt, hex + 1) : (TokenKind.Int, hex);
        }

        var end = Digits(start);
        var kind = TokenKind.Int;
        if (source[end] == '.' && IsDigit(source[end + 1]))
        {
            end = Digits(end + 1);
            kind = TokenKind.Float;
        }

        if (source[end] is 'e' or 'E')
        {
            var exponent = source[end + 1] is '+' or '-' ? end + 2 : end + 1;
            if (IsDigit(source[exponent]))
            {
                return (TokenKind.Float, Digits(exponent));
            }
        }

        return kind == TokenKind.Int && (source[end] is 'u' or 'U') ? (TokenKind.UInt, end + 1) : (kind, end);
    }

    private int Digits(int at)
    {
        while (IsDigit(source[at]))
        {
            at++;
        }

        return at;
    }
}
