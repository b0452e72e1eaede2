using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Orchestrator.Api.Json;

/// <summary>JSON text whose bytes or escapes are no Unicode: Go's decoder takes U+FFFD for each, .NET's refuses.</summary>
public static class GoUtf8
{
    /// <summary>The same bytes where they are well formed, as nearly all are; else a copy with U+FFFD for what is not.</summary>
    public static byte[] Repair(byte[] json)
    {
        if (!Utf8.IsValid(json))
        {
            json = ReplaceBytes(json);
        }

        return HasLoneSurrogate(json) ? ReplaceSurrogates(json) : json;
    }

    private static byte[] ReplaceBytes(ReadOnlySpan<byte> json)
    {
        var output = new ArrayBufferWriter<byte>(json.Length + 16);
        while (json.Length > 0)
        {
            // Go counts every byte that begins no character by itself, where .NET takes a broken sequence for one.
            var valid = Rune.DecodeFromUtf8(json, out _, out var consumed) == OperationStatus.Done;
            output.Write(valid ? json[..consumed] : "\uFFFD"u8);
            json = json[(valid ? consumed : 1)..];
        }

        return output.WrittenSpan.ToArray();
    }

    private static bool HasLoneSurrogate(ReadOnlySpan<byte> json)
    {
        for (var at = 0; NextEscape(json, ref at);)
        {
            var length = Surrogate(json[at..]);
            if (length == 6)
            {
                return true;
            }

            at += Math.Max(2, length);
        }

        return false;
    }

    private static byte[] ReplaceSurrogates(ReadOnlySpan<byte> json)
    {
        var output = new ArrayBufferWriter<byte>(json.Length);
        var copied = 0;
        for (var at = 0; NextEscape(json, ref at);)
        {
            var length = Surrogate(json[at..]);
            if (length == 6)
            {
                output.Write(json[copied..at]);
                output.Write("\\ufffd"u8);
                copied = at + length;
            }

            at += Math.Max(2, length);
        }

        output.Write(json[copied..]);
        return output.WrittenSpan.ToArray();
    }

    private static bool NextEscape(ReadOnlySpan<byte> json, ref int at)
    {
        var found = at < json.Length ? json[at..].IndexOf((byte)'\\') : -1;
        at += Math.Max(0, found);
        return found >= 0;
    }

    /// <summary>0: no escaped surrogate here; 6: one alone; 12: a pair.</summary>
    private static int Surrogate(ReadOnlySpan<byte> escape)
    {
        if (Unit(escape) is not { } unit || !char.IsSurrogate(unit))
        {
            return 0;
        }

        return char.IsHighSurrogate(unit) && escape.Length >= 12 && Unit(escape[6..]) is { } low && char.IsLowSurrogate(low) ? 12 : 6;
    }

    private static char? Unit(ReadOnlySpan<byte> escape) =>
        escape.Length >= 6 && escape.StartsWith("\\u"u8) && ushort.TryParse(escape[2..6], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit) ? (char)unit : null;
}
