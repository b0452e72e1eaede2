using System.Diagnostics.CodeAnalysis;

namespace Orchestrator.Client;

/// <summary>Reads the text form of label selectors.</summary>
internal sealed class LabelSelectorParser(string text)
{
    private int _position;

    public bool TryParse(List<LabelRequirement> requirements, [NotNullWhen(false)] out string? error)
    {
        error = null;
        SkipSpace();
        if (_position == text.Length)
        {
            return true;
        }

        while (true)
        {
            if (!TryRequirement(out var requirement, out error))
            {
                return false;
            }

            requirements.Add(requirement);
            SkipSpace();
            if (_position == text.Length)
            {
                return true;
            }

            if (!Take(','))
            {
                error = $"unable to parse requirement: found '{Rest()}', expected: ',' or 'end of string'";
                return false;
            }
        }
    }

    private bool TryRequirement([NotNullWhen(true)] out LabelRequirement? requirement, [NotNullWhen(false)] out string? error)
    {
        requirement = null;
        SkipSpace();
        var negated = Take('!');
        SkipSpace();
        var key = Word();
        if (key.Length == 0)
        {
            error = $"unable to parse requirement: found '{Rest()}', expected: identifier";
            return false;
        }

        error = null;
        SkipSpace();
        if (negated || _position == text.Length || text[_position] == ',')
        {
            requirement = new(key, negated ? LabelOperator.DoesNotExist : LabelOperator.Exists, []);
            return true;
        }

        if (Take('!'))
        {
            if (!Take('='))
            {
                error = $"unable to parse requirement: found '{Rest()}', expected: '='";
                return false;
            }

            requirement = new(key, LabelOperator.NotIn, [Value()]);
            return true;
        }

        if (Take('='))
        {
            Take('=');
            requirement = new(key, LabelOperator.In, [Value()]);
            return true;
        }

        if (text[_position] is '>' or '<')
        {
            var operation = text[_position++] == '>' ? LabelOperator.GreaterThan : LabelOperator.LessThan;
            requirement = new(key, operation, [Value()]);
            return true;
        }

        var word = Word();
        if (word is not ("in" or "notin"))
        {
            error = $"unable to parse requirement: found '{word}{Rest()}', expected: in, notin, =, ==, !=, gt, lt";
            return false;
        }

        SkipSpace();
        if (!Take('('))
        {
            error = $"unable to parse requirement: found '{Rest()}' expected: '('";
            return false;
        }

        var values = new List<string>();
        do
        {
            values.Add(Value());
        }
        while (Take(','));

        if (!Take(')'))
        {
            error = $"unable to parse requirement: found '{Rest()}', expected: ',' or ')'";
            return false;
        }

        requirement = new(key, word == "in" ? LabelOperator.In : LabelOperator.NotIn, values);
        return true;
    }

    private string Value()
    {
        SkipSpace();
        var value = Word();
        SkipSpace();
        return value;
    }

    private string Word()
    {
        var start = _position;
        while (_position < text.Length && !char.IsWhiteSpace(text[_position]) && text[_position] is not (',' or '=' or '!' or '(' or ')' or '<' or '>'))
        {
            _position++;
        }

        return text[start.._position];
    }

    private string Rest() => text[_position..];

    private bool Take(char c)
    {
        if (_position < text.Length && text[_position] == c)
        {
            _position++;
            return true;
        }

        return false;
    }

    private void SkipSpace()
    {
        while (_position < text.Length && char.IsWhiteSpace(text[_position]))
        {
            _position++;
        }
    }
}
