using Orchestrator.Cel.Values;
using static Orchestrator.Cel.Syntax.TokenKind;

namespace Orchestrator.Cel.Syntax;

/// <summary>Reads an expression by the language's published grammar; macros are expanded on the way.</summary>
internal sealed class Parser
{
    /// <summary>Longer expressions are refused.</summary>
    private const int CodePointsMax = 100_000;

    private const int DepthMax = 250;

    private static readonly TokenSet PrimaryFirst =
        TokenSet.Of(LeftBracket, LeftBrace, LeftParen, Dot, Minus, True, False, Null, Float, TokenKind.Int, TokenKind.UInt, TokenKind.String, TokenKind.Bytes, Identifier);

    private static readonly TokenSet UnaryFirst = PrimaryFirst | TokenSet.Of(Exclamation);
    private static readonly TokenSet OptionalFirst = UnaryFirst | TokenSet.Of(Question);
    private static readonly TokenSet FieldFirst = TokenSet.Of(Question, Identifier, EscapedIdentifier);
    private static readonly TokenSet NameFirst = TokenSet.Of(Identifier, EscapedIdentifier);
    private static readonly TokenSet RelationOperators = TokenSet.Of(EqualsEquals, NotEquals, In, Less, LessEquals, Greater, GreaterEquals);
    private static readonly TokenSet CalcOperators = TokenSet.Of(Plus, Minus, Star, Slash, Percent);

    // What may stand behind a complete member, whatever surrounds it.
    private static readonly TokenSet AfterMember = TokenSet.Of(Dot, LeftBracket) | TokenSet.Nothing;

    private static readonly HashSet<string> Reserved =
    [
        "as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop", "package", "namespace", "null",
        "return", "true", "var", "void", "while",
    ];

    private readonly TokenReader _tokens;
    private readonly CelIssues _issues;
    private readonly Macros _macros;
    private int _depth;

    private Parser(List<Token> tokens, CelIssues issues, bool bindings)
    {
        _issues = issues;
        _tokens = new(tokens, issues);
        _macros = new(issues, bindings);
    }

    /// <summary>Reads an expression; what comes out is only of use if there are no issues.</summary>
    public static Expr Parse(CelSource source, CelIssues issues, bool bindings = false)
    {
        if (source.Length > CodePointsMax)
        {
            issues.Add(0, $"expression code point size exceeds limit: size: {source.Length}, limit {CodePointsMax}");
            return new IdentExpr(0, "");
        }

        var parser = new Parser(new Lexer(source, issues).ReadAll(), issues, bindings);
        try
        {
            return parser.Start();
        }
        catch (ParseAbandonedException)
        {
            return new IdentExpr(0, "");
        }
    }

    private Expr Start() => _tokens.Rule("start", TokenSet.Nothing, () =>
    {
        var expression = Expression(TokenSet.Of(End));
        _tokens.Match(End, TokenSet.Nothing);
        return expression;
    });

    private Expr Expression(TokenSet follow)
    {
        if (++_depth > DepthMax)
        {
            _issues.Add(0, $"expression recursion limit exceeded: {DepthMax}");
            throw new ParseAbandonedException();
        }

        var result = _tokens.Rule("expr", follow, () =>
        {
            var condition = Or(TokenSet.Of(Question) | TokenSet.Nothing);
            if (_tokens.Peek() != Question)
            {
                return condition;
            }

            var at = _tokens.Take().Position;
            var yes = Or(TokenSet.Of(Colon));
            _tokens.Match(Colon, UnaryFirst);
            var no = Expression(TokenSet.Nothing);
            return new CallExpr(at, Operators.Conditional, null, condition, yes, no);
        });
        _depth--;
        return result;
    }

    private Expr Or(TokenSet follow) =>
        _tokens.Rule("conditionalOr", follow, () => Balanced(TokenKind.Or, Operators.Or, () => And(TokenSet.Of(TokenKind.Or) | TokenSet.Nothing)));

    private Expr And(TokenSet follow) =>
        _tokens.Rule("conditionalAnd", follow, () => Balanced(TokenKind.And, Operators.And, () => Relation(TokenSet.Of(TokenKind.And) | TokenSet.Nothing)));

    /// <summary>A chain of the same operator as a balanced tree, so that long ones do not nest deep.</summary>
    private Expr Balanced(TokenKind kind, string function, Func<Expr> term)
    {
        var terms = new List<Expr> { term() };
        var places = new List<int>();
        while (_tokens.Peek() == kind)
        {
            places.Add(_tokens.Take().Position);
            terms.Add(term());
        }

        return terms.Count == 1 ? terms[0] : Tree(0, places.Count - 1);

        Expr Tree(int low, int high)
        {
            var middle = (low + high + 1) / 2;
            var left = middle == low ? terms[middle] : Tree(low, middle - 1);
            var right = middle == high ? terms[middle + 1] : Tree(middle + 1, high);
            return new CallExpr(places[middle], function, null, left, right);
        }
    }

    private Expr Relation(TokenSet follow) => _tokens.Rule("relation", follow, () =>
    {
        var left = Calc(RelationOperators | TokenSet.Nothing, 0);
        while (RelationOperators.Contains(_tokens.Peek()))
        {
            var token = _tokens.Take();
            var right = _tokens.Rule("relation", RelationOperators | TokenSet.Nothing, () => Calc(RelationOperators | TokenSet.Nothing, 0));
            left = new CallExpr(token.Position, FunctionOf(token.Kind), null, left, right);
        }

        return left;
    });

    private Expr Calc(TokenSet follow, int precedence) => _tokens.Rule("calc", follow, () =>
    {
        var left = Unary(CalcOperators | TokenSet.Nothing);
        while (CalcOperators.Contains(_tokens.Peek()))
        {
            var strength = _tokens.Peek() is Plus or Minus ? 1 : 2;
            if (strength <= precedence)
            {
                break;
            }

            var token = _tokens.Take();
            var right = Calc(CalcOperators | TokenSet.Nothing, strength);
            left = new CallExpr(token.Position, FunctionOf(token.Kind), null, left, right);
        }

        return left;
    });

    private static string FunctionOf(TokenKind kind) => kind switch
    {
        EqualsEquals => Operators.Equal,
        NotEquals => Operators.NotEqual,
        In => Operators.In,
        Less => Operators.Less,
        LessEquals => Operators.LessEqual,
        Greater => Operators.Greater,
        GreaterEquals => Operators.GreaterEqual,
        Plus => Operators.Add,
        Minus => Operators.Subtract,
        Star => Operators.Multiply,
        Slash => Operators.Divide,
        _ => Operators.Modulo,
    };

    private Expr Unary(TokenSet follow) => _tokens.Rule("unary", follow, () =>
    {
        _tokens.Expect(UnaryFirst);
        switch (_tokens.Peek())
        {
            case Exclamation:
                return Repeated(Exclamation, Operators.Not);
            case Minus when _tokens.Peek(1) is not (TokenKind.Int or Float):
                // A minus before a number belongs to it.
                if (!PrimaryFirst.Contains(_tokens.Peek(1)))
                {
                    throw _tokens.NoAlternative(1);
                }

                return Repeated(Minus, Operators.Negate);
            default:
                return Member(TokenSet.Nothing);
        }
    });

    private Expr Repeated(TokenKind kind, string function)
    {
        var first = _tokens.Take();
        var count = 1;
        _tokens.ExpectMore(PrimaryFirst | TokenSet.Of(kind));
        while (_tokens.Peek() == kind)
        {
            _tokens.Take();
            count++;
            _tokens.ExpectMore(PrimaryFirst | TokenSet.Of(kind));
        }

        var operand = Member(TokenSet.Nothing);
        return count % 2 == 0 ? operand : new CallExpr(first.Position, function, null, operand);
    }

    private Expr Member(TokenSet follow) => _tokens.Rule("member", follow, () =>
    {
        var member = Primary(AfterMember);
        while (true)
        {
            switch (_tokens.Peek())
            {
                case Dot:
                    member = Selection(member);
                    break;
                case LeftBracket:
                    var open = _tokens.Take();
                    _tokens.Expect(OptionalFirst);
                    var optional = _tokens.Peek() == Question;
                    if (optional)
                    {
                        _tokens.Take();
                    }

                    var index = Expression(TokenSet.Of(RightBracket));
                    _tokens.Match(RightBracket, AfterMember);
                    member = new CallExpr(open.Position, optional ? Operators.OptIndex : Operators.Index, null, member, index);
                    break;
                default:
                    return member;
            }
        }
    });

    private Expr Selection(Expr member)
    {
        if (_tokens.Peek(1) is not (Question or Identifier or EscapedIdentifier))
        {
            throw _tokens.NoAlternative(1);
        }

        var dot = _tokens.Take();
        if (_tokens.Peek() == Identifier && _tokens.Peek(1) == LeftParen)
        {
            var name = _tokens.Take();
            var open = _tokens.Take();
            return _macros.Expand(open.Position, name.Text, member, Arguments());
        }

        var optional = _tokens.Peek() == Question;
        if (optional)
        {
            _tokens.Take();
        }

        var field = FieldName(AfterMember);
        return optional
            ? new CallExpr(dot.Position, Operators.OptSelect, null, member, new LiteralExpr(dot.Position, CelValue.String(field)))
            : new SelectExpr(dot.Position, member, field);
    }

    private string FieldName(TokenSet after)
    {
        _tokens.Expect(NameFirst);
        if (_tokens.Peek() == EscapedIdentifier)
        {
            var escaped = _tokens.Take();
            _issues.Add(escaped.Position, "unsupported syntax: '`'");
            return escaped.Text.Trim('`');
        }

        return _tokens.Match(Identifier, after).Text;
    }

    private Expr[] Arguments()
    {
        _tokens.Expect(UnaryFirst | TokenSet.Of(RightParen));
        var arguments = new List<Expr>();
        if (_tokens.Peek() != RightParen)
        {
            _tokens.Rule("exprList", TokenSet.Of(RightParen), () =>
            {
                arguments.Add(Expression(TokenSet.Of(Comma) | TokenSet.Nothing));
                while (_tokens.Peek() == Comma)
                {
                    _tokens.Take();
                    arguments.Add(Expression(TokenSet.Of(Comma) | TokenSet.Nothing));
                }

                return arguments[0];
            });
        }

        _tokens.Match(RightParen, AfterMember);
        return [.. arguments];
    }

    private Expr Primary(TokenSet follow) => _tokens.Rule("primary", follow, () =>
    {
        _tokens.Expect(PrimaryFirst);
        var first = _tokens.Current;
        switch (first.Kind)
        {
            case LeftParen:
                _tokens.Take();
                var nested = Expression(TokenSet.Of(RightParen));
                _tokens.Match(RightParen, AfterMember);
                return nested;
            case LeftBracket:
                return List();
            case LeftBrace:
                return Map();
            case Dot:
            case Identifier:
                return Name();
            default:
                return Literal();
        }
    });

    private Expr Name()
    {
        var first = _tokens.Current;
        var ahead = first.Kind == Dot ? 1 : 0;
        if (_tokens.Peek(ahead) != Identifier)
        {
            throw _tokens.NoAlternative(ahead);
        }

        var leading = ahead == 1 ? "." : "";
        var last = ahead;
        while (_tokens.Peek(last + 1) == Dot && _tokens.Peek(last + 2) == Identifier)
        {
            last += 2;
        }

        if (_tokens.Peek(last + 1) == LeftBrace)
        {
            var name = string.Concat(Enumerable.Range(0, last + 1).Select(i => _tokens.PeekToken(i).Text));
            for (var i = 0; i <= last; i++)
            {
                _tokens.Take();
            }

            return Struct(name);
        }

        if (ahead == 1)
        {
            _tokens.Take();
        }

        var identifier = _tokens.Take();
        if (Reserved.Contains(identifier.Text))
        {
            _issues.Add(first.Position, $"reserved identifier: {identifier.Text}");
        }

        if (_tokens.Peek() != LeftParen)
        {
            return new IdentExpr(identifier.Position, leading + identifier.Text);
        }

        var open = _tokens.Take();
        return _macros.Expand(open.Position, leading + identifier.Text, null, Arguments());
    }

    private ListExpr List()
    {
        var open = _tokens.Take();
        _tokens.Expect(OptionalFirst | TokenSet.Of(Comma, RightBracket));
        var elements = new List<Expr>();
        var optionals = new List<int>();
        if (OptionalFirst.Contains(_tokens.Peek()))
        {
            _tokens.Rule("listInit", TokenSet.Of(Comma, RightBracket), () =>
            {
                elements.Add(Element(TokenSet.Of(Comma) | TokenSet.Nothing));
                while (_tokens.Peek() == Comma && OptionalFirst.Contains(_tokens.Peek(1)))
                {
                    _tokens.Take();
                    elements.Add(Element(TokenSet.Of(Comma) | TokenSet.Nothing));
                }

                return elements[0];
            });
        }

        CloseWithOptionalComma(RightBracket);
        return new(open.Position, elements, optionals);

        Expr Element(TokenSet follow) => _tokens.Rule("optExpr", follow, () =>
        {
            _tokens.Expect(OptionalFirst);
            if (_tokens.Peek() == Question)
            {
                _tokens.Take();
                optionals.Add(elements.Count);
            }

            return Expression(TokenSet.Nothing);
        });
    }

    private void CloseWithOptionalComma(TokenKind close)
    {
        _tokens.Expect(TokenSet.Of(Comma, close));
        if (_tokens.Peek() == Comma)
        {
            _tokens.Take();
        }

        _tokens.Match(close, AfterMember);
    }

    private MapExpr Map()
    {
        var open = _tokens.Take();
        _tokens.Expect(OptionalFirst | TokenSet.Of(Comma, RightBrace));
        var entries = new List<MapEntry>();
        if (OptionalFirst.Contains(_tokens.Peek()))
        {
            _tokens.Rule("mapInitializerList", TokenSet.Of(Comma, RightBrace), () =>
            {
                Entry();
                while (_tokens.Peek() == Comma && OptionalFirst.Contains(_tokens.Peek(1)))
                {
                    _tokens.Take();
                    Entry();
                }

                return entries[0].Key;
            });
        }

        CloseWithOptionalComma(RightBrace);
        return new(open.Position, entries);

        void Entry()
        {
            var optional = false;
            var key = _tokens.Rule("optExpr", TokenSet.Of(Colon), () =>
            {
                _tokens.Expect(OptionalFirst);
                optional = _tokens.Peek() == Question;
                if (optional)
                {
                    _tokens.Take();
                }

                return Expression(TokenSet.Nothing);
            });
            var colon = _tokens.Match(Colon, UnaryFirst);
            entries.Add(new(colon.Position, key, Expression(TokenSet.Of(Comma) | TokenSet.Nothing), optional));
        }
    }

    private StructExpr Struct(string typeName)
    {
        var open = _tokens.Match(LeftBrace, FieldFirst | TokenSet.Of(Comma, RightBrace));
        _tokens.Expect(FieldFirst | TokenSet.Of(Comma, RightBrace));
        var fields = new List<FieldEntry>();
        if (FieldFirst.Contains(_tokens.Peek()))
        {
            _tokens.Rule("fieldInitializerList", TokenSet.Of(Comma, RightBrace), () =>
            {
                Field();
                while (_tokens.Peek() == Comma && FieldFirst.Contains(_tokens.Peek(1)))
                {
                    _tokens.Take();
                    Field();
                }

                return fields[0].Value;
            });
        }

        CloseWithOptionalComma(RightBrace);
        return new(open.Position, typeName, fields);

        void Field()
        {
            var optional = false;
            var name = "";
            _tokens.Rule("optField", TokenSet.Of(Colon), () =>
            {
                _tokens.Expect(FieldFirst);
                optional = _tokens.Peek() == Question;
                if (optional)
                {
                    _tokens.Take();
                }

                name = FieldName(TokenSet.Of(Colon));
                return new IdentExpr(0, name);
            });
            var colon = _tokens.Match(Colon, UnaryFirst);
            fields.Add(new(colon.Position, name, Expression(TokenSet.Of(Comma) | TokenSet.Nothing), optional));
        }
    }

    private LiteralExpr Literal()
    {
        var first = _tokens.Current;
        if (first.Kind == Minus && _tokens.Peek(1) is not (TokenKind.Int or Float))
        {
            throw _tokens.NoAlternative(1);
        }

        var sign = first.Kind == Minus ? _tokens.Take().Text : "";
        var token = _tokens.Take();
        var value = Literals.Read(token.Kind, sign, token.Text, out var fault);
        if (fault.Length > 0)
        {
            _issues.Add(first.Position, fault);
        }

        return new(first.Position, value);
    }
}
