using System.Globalization;
using Orchestrator.Api.Names;

namespace Orchestrator.Api.Selectors;

/// <summary>The grammar of label selectors in queries, with upstream's messages (apimachinery's labels.Parse).</summary>
internal ref struct LabelSelectorParser
{
    private readonly string _text;
    private int _position;

    private LabelSelectorParser(string text) => _text = text;

    public static List<LabelRequirement> Parse(string text)
    {
        var parser = new LabelSelectorParser(text);
        return parser.ParseAll();
    }

    private enum Context
    {
        KeyAndOperator,
        Values,
    }

    private List<LabelRequirement> ParseAll()
    {
        var requirements = new List<LabelRequirement>();
        while (true)
        {
            var (token, literal) = Peek(Context.Values);
            switch (token)
            {
                case Token.Identifier or Token.DoesNotExist:
                    requirements.Add(ParseRequirement());
                    var (next, nextLiteral) = Take(Context.Values);
                    if (next == Token.End)
                    {
                        return requirements;
                    }

                    if (next != Token.Comma)
                    {
                        throw new FormatException($"found '{nextLiteral}', expected: ',' or 'end of string'");
                    }

                    var (after, afterLiteral) = Peek(Context.Values);
                    if (after is not (Token.Identifier or Token.DoesNotExist))
                    {
                        throw new FormatException($"found '{afterLiteral}', expected: identifier after ','");
                    }

                    break;
                case Token.End:
                    return requirements;
                default:
                    throw new FormatException($"found '{literal}', expected: !, identifier, or 'end of string'");
            }
        }
    }

    private LabelRequirement ParseRequirement()
    {
        var negated = false;
        var (token, literal) = Take(Context.Values);
        if (token == Token.DoesNotExist)
        {
            negated = true;
            (token, literal) = Take(Context.Values);
        }

        if (token != Token.Identifier)
        {
            throw Unable($"found '{literal}', expected: identifier");
        }

        var key = literal;
        if (NameRules.QualifiedNameFault(key) is { } fault)
        {
            // Upstream tells of a key that it reads without its place.
            throw Unable($"<nil>: Invalid value: {Json.GoText.Quote(key)}: {fault}");
        }

        var (operation, operationLiteral) = Peek(Context.Values);
        if (negated || operation is Token.End or Token.Comma)
        {
            return new(key, negated ? SelectorOperator.DoesNotExist : SelectorOperator.Exists, []);
        }

        Take(Context.KeyAndOperator);
        (operation, operationLiteral) = Operator(operation, operationLiteral);
        List<string> values;
        switch (operation)
        {
            case Token.In or Token.NotIn:
                values = ParseValues();
                break;
            case Token.Equals or Token.DoubleEquals or Token.NotEquals or Token.GreaterThan or Token.LessThan:
                values = [ParseExactValue()];
                break;
            default:
                throw Unable($"found '{operationLiteral}', expected: in, notin, =, ==, !=, gt, lt");
        }

        var compiled = operation switch
        {
            Token.NotIn or Token.NotEquals => SelectorOperator.NotIn,
            Token.GreaterThan => SelectorOperator.GreaterThan,
            Token.LessThan => SelectorOperator.LessThan,
            _ => SelectorOperator.In,
        };
        foreach (var value in values)
        {
            if (compiled is SelectorOperator.GreaterThan or SelectorOperator.LessThan)
            {
                if (!long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
                {
                    throw Unable($"values[0]: Invalid value: {Json.GoText.Quote(value)}: for 'Gt', 'Lt' operators, the value must be an integer");
                }
            }

            if (NameRules.LabelValueFault(value) is { } valueFault)
            {
                throw Unable($"values[{values.IndexOf(value)}][{key}]: Invalid value: {Json.GoText.Quote(value)}: {valueFault}");
            }
        }

        return new(key, compiled, values);
    }

    private static (Token, string) Operator(Token token, string literal) => token == Token.Identifier
        ? literal switch { "in" => (Token.In, literal), "notin" => (Token.NotIn, literal), _ => (token, literal) }
        : (token, literal);

    private List<string> ParseValues()
    {
        var (open, literal) = Take(Context.Values);
        if (open != Token.Open)
        {
            throw Unable($"found '{literal}' expected: '('");
        }

        var values = new List<string>();
        var (token, text) = Peek(Context.Values);
        if (token == Token.Close)
        {
            Take(Context.Values);
            return [""];
        }

        if (token is not (Token.Identifier or Token.Comma))
        {
            throw Unable($"found '{text}', expected: ',', ')' or identifier");
        }

        var expectValue = true;
        while (true)
        {
            (token, text) = Take(Context.Values);
            switch (token)
            {
                case Token.Identifier:
                    values.Add(text);
                    expectValue = false;
                    var (following, followingText) = Peek(Context.Values);
                    if (following is not (Token.Comma or Token.Close))
                    {
                        throw Unable($"found '{followingText}', expected: ',' or ')'");
                    }

                    break;
                case Token.Comma:
                    if (expectValue)
                    {
                        values.Add("");
                    }

                    expectValue = true;
                    if (Peek(Context.Values).Token == Token.Close)
                    {
                        values.Add("");
                        expectValue = false;
                    }

                    break;
                case Token.Close:
                    return values.Distinct().ToList();
                default:
                    throw Unable($"found '{text}', expected: ',', or identifier");
            }
        }
    }

    private string ParseExactValue()
    {
        var (token, literal) = Peek(Context.Values);
        if (token is Token.End or Token.Comma)
        {
            return "";
        }

        (token, literal) = Take(Context.Values);
        return token == Token.Identifier ? literal : throw Unable($"found '{literal}', expected: identifier");
    }

    private static FormatException Unable(string why) => new("unable to parse requirement: " + why);

    private enum Token
    {
        End,
        Comma,
        Close,
        Open,
        DoesNotExist,
        Equals,
        DoubleEquals,
        NotEquals,
        GreaterThan,
        LessThan,
        Identifier,
        In,
        NotIn,
        Error,
    }

    private (Token Token, string Literal) Peek(Context context)
    {
        var before = _position;
        var result = Take(context);
        _position = before;
        return result;
    }

    private (Token Token, string Literal) Take(Context context)
    {
        while (_position < _text.Length && _text[_position] is ' ' or '\t' or '\r' or '\n' && _position < _text.Length)
        {
            _position++;
        }

        if (_position >= _text.Length)
        {
            return (Token.End, "");
        }

        var start = _position;
        if (IsSpecial(_text[start]))
        {
            // Two-letter operators come first.
            while (_position < _text.Length && IsSpecial(_text[_position]) && Symbol(_text[start..(_position + 1)]) != Token.Error)
            {
                _position++;
            }

            if (_position == start)
            {
                _position++;
                return (Token.Error, $"error expected: keyword found '{_text[start]}'");
            }

            var literal = _text[start.._position];
            return (Symbol(literal), literal);
        }

        while (_position < _text.Length && !IsSpecial(_text[_position]) && _text[_position] is not (' ' or '\t' or '\r' or '\n'))
        {
            _position++;
        }

        return (Token.Identifier, _text[start.._position]);
    }

    private static bool IsSpecial(char c) => c is '=' or '!' or '(' or ')' or ',' or '>' or '<';

    private static Token Symbol(string literal) => literal switch
    {
        ")" => Token.Close,
        "," => Token.Comma,
        "!" => Token.DoesNotExist,
        "==" => Token.DoubleEquals,
        "=" => Token.Equals,
        ">" => Token.GreaterThan,
        "<" => Token.LessThan,
        "!=" => Token.NotEquals,
        "(" => Token.Open,
        _ => Token.Error,
    };
}
