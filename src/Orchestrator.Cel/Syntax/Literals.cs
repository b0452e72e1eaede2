using System.Globalization;
using System.Text;
using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Syntax;

/// <summary>The values of literals.</summary>
internal static class Literals
{
    /// <summary>Reads a literal; <paramref name="fault"/> tells what is wrong with it, "" if nothing.</summary>
    public static CelValue Read(TokenKind kind, string sign, string text, out string fault)
    {
        fault = "";
        switch (kind)
        {
            case TokenKind.True:
                return CelValue.True;
            case TokenKind.False:
                return CelValue.False;
            case TokenKind.Null:
                return CelValue.Null;
            case TokenKind.Int:
                if (Int(sign, text) is { } number)
                {
                    return CelValue.Int(number);
                }

                fault = "invalid int literal";
                return CelValue.Int(0);
            case TokenKind.UInt:
                var digits = text[..^1];
                if (digits.StartsWith("0x", StringComparison.Ordinal)
                    ? ulong.TryParse(digits.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unsigned)
                    : ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out unsigned))
                {
                    return CelValue.UInt(unsigned);
                }

                fault = "invalid uint literal";
                return CelValue.UInt(0);
            case TokenKind.Float:
                var real = double.Parse(sign + text, NumberStyles.Float, CultureInfo.InvariantCulture);
                if (double.IsInfinity(real))
                {
                    fault = "invalid double literal";
                }

                return CelValue.Double(real);
            case TokenKind.String:
                return CelValue.String(Encoding.UTF8.GetString(Unquote(text, bytes: false)));
            default:
                return new CelBytes(Unquote(text[1..], bytes: true));
        }
    }

    private static long? Int(string sign, string text)
    {
        if (text.StartsWith("0x", StringComparison.Ordinal))
        {
            return ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex)
                ? sign.Length == 0
                    ? hex <= long.MaxValue ? (long)hex : null
                    : hex <= 1UL << 63 ? unchecked(-(long)hex) : null
                : null;
        }

        return long.TryParse(sign + text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;
    }

    /// <summary>The bytes (UTF-8) of a quoted text; in bytes <c>\x</c> and octal escapes are bytes, in strings code points.</summary>
    private static byte[] Unquote(string text, bool bytes)
    {
        var raw = text[0] is 'r' or 'R';
        if (raw)
        {
            text = text[1..];
        }

        var quotes = text.Length >= 6 && (text.StartsWith("\"\"\"", StringComparison.Ordinal) || text.StartsWith("'''", StringComparison.Ordinal)) ? 3 : 1;
        var body = text[quotes..^quotes].Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        var output = new MemoryStream(body.Length);
        if (raw || !body.Contains('\\', StringComparison.Ordinal))
        {
            output.Write(Encoding.UTF8.GetBytes(body));
            return output.ToArray();
        }

        for (var i = 0; i < body.Length;)
        {
            if (body[i] != '\\')
            {
                var next = body.IndexOf('\\', i);
                next = next < 0 ? body.Length : next;
                output.Write(Encoding.UTF8.GetBytes(body[i..next]));
                i = next;
                continue;
            }

            var c = body[i + 1];
            var (length, code) = c switch
            {
                'x' or 'X' => (4, Convert.ToInt32(body.Substring(i + 2, 2), 16)),
                'u' => (6, Convert.ToInt32(body.Substring(i + 2, 4), 16)),
                'U' => (10, Convert.ToInt32(body.Substring(i + 2, 8), 16)),
                >= '0' and <= '3' => (4, Convert.ToInt32(body.Substring(i + 1, 3), 8)),
                _ => (2, Simple(c)),
            };
            i += length;
            if (bytes && (c is 'x' or 'X' || char.IsAsciiDigit(c)))
            {
                output.WriteByte((byte)code);
            }
            else
            {
                output.Write(Encoding.UTF8.GetBytes((Rune.IsValid(code) ? new Rune(code) : Rune.ReplacementChar).ToString()));
            }
        }

        return output.ToArray();
    }

    private static int Simple(char c) => c switch
    {
        'a' => '\a',
        'b' => '\b',
        'f' => '\f',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\v',
        _ => c,
    };
}
