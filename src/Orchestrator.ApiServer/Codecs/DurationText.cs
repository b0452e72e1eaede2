using Orchestrator.Api;
using Orchestrator.Api.Json;

namespace Orchestrator.ApiServer.Codecs;

/// <summary>Go's words about texts that are no durations.</summary>
internal static class DurationText
{
    /// <summary>What Go says of a text; null if it is a duration.</summary>
    public static string? Fault(string text)
    {
        if (GoDuration.TryParse(text, out _))
        {
            return null;
        }

        var quoted = GoText.Quote(text);
        var rest = text.AsSpan(text.StartsWith('-') || text.StartsWith('+') ? 1 : 0);
        while (rest.Length > 0)
        {
            var digits = rest.IndexOfAnyExceptInRange('0', '9');
            digits = digits < 0 ? rest.Length : digits;
            var number = digits;
            if (number < rest.Length && rest[number] == '.')
            {
                var fraction = rest[(number + 1)..].IndexOfAnyExceptInRange('0', '9');
                number += 1 + (fraction < 0 ? rest.Length - number - 1 : fraction);
            }

            if (number == 0 || (digits == 0 && number == 1))
            {
                break;
            }

            rest = rest[number..];
            var letters = 0;
            while (letters < rest.Length && rest[letters] != '.' && !char.IsAsciiDigit(rest[letters]))
            {
                letters++;
            }

            if (letters == 0)
            {
                return $"time: missing unit in duration {quoted}";
            }

            if (rest[..letters] is not ("ns" or "us" or "µs" or "μs" or "ms" or "s" or "m" or "h"))
            {
                return $"time: unknown unit {GoText.Quote(rest[..letters].ToString())} in duration {quoted}";
            }

            rest = rest[letters..];
        }

        return $"time: invalid duration {quoted}";
    }
}
