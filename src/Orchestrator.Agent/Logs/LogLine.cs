namespace Orchestrator.Agent.Logs;

/// <summary>One line of a container's log in CRI's format: <c>time stream P|F text</c>.</summary>
/// <param name="Time">When the runtime read it.</param>
/// <param name="IsError">True for stderr, false for stdout.</param>
/// <param name="IsPartial">True if the text goes on in the next line.</param>
/// <param name="Text">The text without the line's end; a slice of the reader's buffer.</param>
internal readonly record struct LogLine(ReadOnlyMemory<byte> Time, bool IsError, bool IsPartial, ReadOnlyMemory<byte> Text)
{
    /// <summary>Reads a line (without its end of line); false if it is not in the format.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> line, out LogLine parsed)
    {
        parsed = default;
        var span = line.Span;
        var timeEnd = span.IndexOf((byte)' ');
        if (timeEnd <= 0)
        {
            return false;
        }

        var rest = span[(timeEnd + 1)..];
        var streamEnd = rest.IndexOf((byte)' ');
        if (streamEnd <= 0)
        {
            return false;
        }

        bool isError;
        if (rest[..streamEnd].SequenceEqual("stderr"u8))
        {
            isError = true;
        }
        else if (rest[..streamEnd].SequenceEqual("stdout"u8))
        {
            isError = false;
        }
        else
        {
            return false;
        }

        var tags = rest[(streamEnd + 1)..];
        var tagsEnd = tags.IndexOf((byte)' ');
        var tag = tagsEnd < 0 ? tags : tags[..tagsEnd];
        var textStart = tagsEnd < 0 ? span.Length : timeEnd + 1 + streamEnd + 1 + tagsEnd + 1;

        // Tags are separated by ':'; the first one alone says whether the line is whole.
        parsed = new(line[..timeEnd], isError, tag.Length > 0 && tag[0] == (byte)'P', line[textStart..]);
        return true;
    }

    /// <summary>The time as a value; null if it cannot be read.</summary>
    public DateTimeOffset? Timestamp() =>
        DateTimeOffset.TryParse(
            System.Text.Encoding.ASCII.GetString(Time.Span),
            System.Globalization.CultureInfo.InvariantCulture,
            System.Globalization.DateTimeStyles.AssumeUniversal,
            out var value)
            ? value
            : null;
}
