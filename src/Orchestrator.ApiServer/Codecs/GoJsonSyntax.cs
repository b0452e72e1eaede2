using Orchestrator.Api.Json;

namespace Orchestrator.ApiServer.Codecs;

/// <summary>What Go's JSON scanner says about a broken text.</summary>
public static class GoJsonSyntax
{
    private enum State : byte
    {
        BeginValue,
        BeginValueOrEmpty,
        BeginKey,
        BeginKeyOrEmpty,
        EndValue,
        EndTop,
    }

    private enum Within : byte
    {
        Key,
        Value,
        Array,
    }

    /// <summary>Go's message of a text that is known to be broken.</summary>
    public static string Describe(ReadOnlySpan<byte> json) => TryDescribe(json) ?? Ended;

    /// <summary>Go's message, for example <c>invalid character 'x' looking for beginning of value</c>; null if the text is JSON.</summary>
    public static string? TryDescribe(ReadOnlySpan<byte> json)
    {
        var stack = new List<Within>();
        var state = State.BeginValue;
        for (var i = 0; i < json.Length; i++)
        {
            var c = json[i];
            if (c is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            {
                continue;
            }

            switch (state)
            {
                case State.EndTop:
                    return Invalid(c, "after top-level value");
                case State.BeginValueOrEmpty when c == ']':
                case State.BeginKeyOrEmpty when c == '}':
                    Pop(stack, ref state);
                    continue;
                case State.BeginKey or State.BeginKeyOrEmpty:
                    if (c != '"')
                    {
                        return Invalid(c, "looking for beginning of object key string");
                    }

                    if (SkipString(json, ref i) is { } keyFault)
                    {
                        return keyFault;
                    }

                    state = State.EndValue;
                    continue;
                case State.EndValue:
                    if (AfterValue(c, stack, ref state) is { } afterFault)
                    {
                        return afterFault;
                    }

                    continue;
            }

            // A value begins.
            if (c is (byte)'{' or (byte)'[')
            {
                stack.Add(c == '{' ? Within.Key : Within.Array);
                if (stack.Count > ApiJson.MaxDepth)
                {
                    return Invalid(c, "exceeded max depth");
                }

                state = c == '{' ? State.BeginKeyOrEmpty : State.BeginValueOrEmpty;
                continue;
            }

            var fault = c switch
            {
                (byte)'"' => SkipString(json, ref i),
                (byte)'t' => SkipLiteral(json, ref i, "true"),
                (byte)'f' => SkipLiteral(json, ref i, "false"),
                (byte)'n' => SkipLiteral(json, ref i, "null"),
                (byte)'-' or (>= (byte)'0' and <= (byte)'9') => SkipNumber(json, ref i),
                _ => Invalid(c, "looking for beginning of value"),
            };
            if (fault is not null)
            {
                return fault;
            }

            state = stack.Count == 0 ? State.EndTop : State.EndValue;
        }

        return state == State.EndTop ? null : Ended;
    }

    private const string Ended = "unexpected end of JSON input";

    // Go reads a blank behind the end, which tells it of words and numbers that break off.
    private const byte AtEnd = (byte)' ';

    private static string? AfterValue(byte c, List<Within> stack, ref State state)
    {
        switch (stack[^1])
        {
            case Within.Key:
                if (c != ':')
                {
                    return Invalid(c, "after object key");
                }

                stack[^1] = Within.Value;
                state = State.BeginValue;
                return null;
            case Within.Value:
                if (c == ',')
                {
                    stack[^1] = Within.Key;
                    state = State.BeginKey;
                    return null;
                }

                if (c != '}')
                {
                    return Invalid(c, "after object key:value pair");
                }

                Pop(stack, ref state);
                return null;
            default:
                if (c == ',')
                {
                    state = State.BeginValue;
                    return null;
                }

                if (c != ']')
                {
                    return Invalid(c, "after array element");
                }

                Pop(stack, ref state);
                return null;
        }
    }

    private static void Pop(List<Within> stack, ref State state)
    {
        stack.RemoveAt(stack.Count - 1);
        state = stack.Count == 0 ? State.EndTop : State.EndValue;
    }

    private static string? SkipString(ReadOnlySpan<byte> json, ref int i)
    {
        for (i++; i < json.Length; i++)
        {
            var c = json[i];
            if (c == '"')
            {
                return null;
            }

            if (c < 0x20)
            {
                return Invalid(c, "in string literal");
            }

            if (c != '\\')
            {
                continue;
            }

            if (++i >= json.Length)
            {
                return Invalid(AtEnd, "in string escape code");
            }

            if (json[i] == 'u')
            {
                for (var digit = 0; digit < 4; digit++)
                {
                    if (++i >= json.Length)
                    {
                        return Invalid(AtEnd, "in \\u hexadecimal character escape");
                    }

                    if (!char.IsAsciiHexDigit((char)json[i]))
                    {
                        return Invalid(json[i], "in \\u hexadecimal character escape");
                    }
                }
            }
            else if (!"bfnrt\\/\""u8.Contains(json[i]))
            {
                return Invalid(json[i], "in string escape code");
            }
        }

        return Ended;
    }

    private static string? SkipLiteral(ReadOnlySpan<byte> json, ref int i, string literal)
    {
        for (var at = 1; at < literal.Length; at++)
        {
            var c = ++i < json.Length ? json[i] : AtEnd;
            if (c != literal[at])
            {
                return Invalid(c, $"in literal {literal} (expecting '{literal[at]}')");
            }
        }

        return null;
    }

    private static string? SkipNumber(ReadOnlySpan<byte> json, ref int i)
    {
        if (json[i] == '-' && !Digit(json, ref i, "in numeric literal", out var fault))
        {
            return fault;
        }

        if (json[i] != '0')
        {
            SkipDigits(json, ref i);
        }

        if (i + 1 < json.Length && json[i + 1] == '.')
        {
            i++;
            if (!Digit(json, ref i, "after decimal point in numeric literal", out fault))
            {
                return fault;
            }

            SkipDigits(json, ref i);
        }

        if (i + 1 < json.Length && json[i + 1] is (byte)'e' or (byte)'E')
        {
            i++;
            if (i + 1 < json.Length && json[i + 1] is (byte)'+' or (byte)'-')
            {
                i++;
            }

            if (!Digit(json, ref i, "in exponent of numeric literal", out fault))
            {
                return fault;
            }

            SkipDigits(json, ref i);
        }

        return null;
    }

    private static bool Digit(ReadOnlySpan<byte> json, ref int i, string where, out string? fault)
    {
        var c = ++i < json.Length ? json[i] : AtEnd;
        fault = char.IsAsciiDigit((char)c) ? null : Invalid(c, where);
        return fault is null;
    }

    private static void SkipDigits(ReadOnlySpan<byte> json, ref int i)
    {
        while (i + 1 < json.Length && char.IsAsciiDigit((char)json[i + 1]))
        {
            i++;
        }
    }

    private static string Invalid(byte c, string where) => "invalid character " + Quoted(c) + " " + where;

    private static string Quoted(byte c) => c switch
    {
        (byte)'\'' => @"'\''",
        (byte)'"' => "'\"'",
        >= 0x80 and < 0xa0 or 0xad => $"'\\u{(int)c:x4}'",
        0xa0 => "'\\u00a0'",
        _ => "'" + GoText.Quote(((char)c).ToString())[1..^1] + "'",
    };
}
