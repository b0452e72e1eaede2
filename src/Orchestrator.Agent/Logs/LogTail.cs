namespace Orchestrator.Agent.Logs;

/// <summary>Finds where the last lines of a file begin, reading it backwards in blocks.</summary>
internal static class LogTail
{
    private const int BlockLength = 64 * 1024;

    /// <summary>The offset at which the last <paramref name="lines"/> lines begin.</summary>
    public static long FindStart(FileStream file, long lines)
    {
        var end = file.Length;
        if (lines <= 0)
        {
            return end;
        }

        var block = new byte[BlockLength];
        var seen = 0L;
        var position = end;
        while (position > 0)
        {
            var length = (int)Math.Min(BlockLength, position);
            position -= length;
            file.Seek(position, SeekOrigin.Begin);
            file.ReadExactly(block, 0, length);
            for (var i = length - 1; i >= 0; i--)
            {
                // The end of the very last line does not begin another one.
                if (block[i] == (byte)'\n' && position + i != end - 1 && ++seen == lines)
                {
                    return position + i + 1;
                }
            }
        }

        return 0;
    }
}
