namespace Orchestrator.Agent.Linux;

/// <summary>The two ways to write a kernel parameter's name: with dots, and with slashes like its path.</summary>
internal static class SysctlName
{
    /// <summary>The name with dots. The first separator tells which way it is; the other character then stands for itself, and is exchanged, too.</summary>
    public static string Normalize(string name) => name.AsSpan().IndexOfAny('.', '/') is >= 0 and var first && name[first] == '/'
        ? string.Create(name.Length, name, static (text, from) =>
        {
            for (var i = 0; i < from.Length; i++)
            {
                text[i] = from[i] switch { '/' => '.', '.' => '/', var other => other };
            }
        })
        : name;
}
