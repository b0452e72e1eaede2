namespace Orchestrator.Agent.Linux;

/// <summary>What is mounted in this mount namespace.</summary>
internal static class MountTable
{
    /// <summary>The mount points at or below a folder, deepest first.</summary>
    public static IReadOnlyList<string> Below(string folder)
    {
        var prefix = folder.TrimEnd('/');
        var found = new List<string>();
        foreach (var line in File.ReadLines("/proc/self/mountinfo"))
        {
            var point = Unescape(line.Split(' ')[4]);
            if (point == prefix || point.StartsWith(prefix + "/", StringComparison.Ordinal))
            {
                found.Add(point);
            }
        }

        found.Reverse();
        return found;
    }

    /// <summary>True if something is mounted exactly there.</summary>
    public static bool Contains(string folder) => Below(folder).Contains(folder.TrimEnd('/'));

    private static string Unescape(string text)
    {
        // Blanks and the like are written as three octal digits.
        if (!text.Contains('\\'))
        {
            return text;
        }

        var plain = new System.Text.StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length)
            {
                plain.Append((char)Convert.ToInt32(text.Substring(i + 1, 3), 8));
                i += 3;
            }
            else
            {
                plain.Append(text[i]);
            }
        }

        return plain.ToString();
    }
}
