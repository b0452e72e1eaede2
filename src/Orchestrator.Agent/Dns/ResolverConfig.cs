namespace Orchestrator.Agent.Dns;

/// <summary>What a resolv.conf says.</summary>
internal sealed record ResolverConfig(IReadOnlyList<string> Servers, IReadOnlyList<string> Searches, IReadOnlyList<string> Options)
{
    /// <summary>Reads a file; one that is missing says nothing.</summary>
    public static ResolverConfig Read(string path) => File.Exists(path) ? Parse(File.ReadLines(path)) : new([], [], []);

    /// <summary>Reads lines; the last search and the last options count.</summary>
    public static ResolverConfig Parse(IEnumerable<string> lines)
    {
        var servers = new List<string>();
        IReadOnlyList<string> searches = [];
        IReadOnlyList<string> options = [];
        foreach (var line in lines)
        {
            var parts = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            switch (parts)
            {
                case ["nameserver", var server, ..]:
                    servers.Add(server);
                    break;
                case ["search", .. var domains]:
                    searches = [.. domains.Select(d => d == "." ? d : d.TrimEnd('.'))];
                    break;
                case ["options", .. var words]:
                    options = words;
                    break;
            }
        }

        return new ResolverConfig(servers, searches, options);
    }
}
