using Orchestrator.Api;
using Orchestrator.Api.Json;

namespace Orchestrator.ApiServer.Codecs;

/// <summary>A place in a configuration file, with its path for messages.</summary>
internal readonly record struct ConfigNode(object? Value, string Path)
{
    private ApiMap<object?> Map => Value as ApiMap<object?> ?? throw new FormatException($"{(Path.Length > 0 ? Path : "the file")}: must be a map");

    /// <summary>The members' names.</summary>
    public IReadOnlyList<string> Names => Map.Keys.ToArray();

    public bool Has(string name) => Map.ContainsKey(name);

    /// <summary>Checks what file it is.</summary>
    /// <exception cref="FormatException">Another.</exception>
    public void Require(string kind, params string[] apiVersions)
    {
        if (Text("kind") != kind || !apiVersions.Contains(Text("apiVersion")))
        {
            throw new FormatException($"expected kind {kind} and apiVersion {string.Join(" or ", apiVersions)}, found {GoText.Quote(Text("kind"))} and {GoText.Quote(Text("apiVersion"))}");
        }
    }

    public ConfigNode Member(string name) => Has(name) ? new(Map[name], PathOf(name)) : throw new FormatException($"{PathOf(name)}: Required value");

    /// <summary>"" if absent.</summary>
    public string Text(string name) => Map.GetValueOrDefault(name) switch
    {
        null => "",
        string text => text,
        var other => throw new FormatException($"{PathOf(name)}: must be a string, not {other}"),
    };

    public bool Flag(string name, bool absent) => Map.GetValueOrDefault(name) switch
    {
        null => absent,
        bool flag => flag,
        _ => throw new FormatException($"{PathOf(name)}: must be true or false"),
    };

    public long Number(string name, long absent) => Map.GetValueOrDefault(name) switch
    {
        null => absent,
        long number => number,
        _ => throw new FormatException($"{PathOf(name)}: must be a whole number"),
    };

    public TimeSpan Duration(string name, TimeSpan absent) => Text(name) is not { Length: > 0 } text ? absent
        : GoDuration.TryParse(text, out var duration) && duration >= TimeSpan.Zero ? duration
        : throw new FormatException($"{PathOf(name)}: {GoText.Quote(text)} is no duration");

    public IReadOnlyList<ConfigNode> List(string name, bool isOptional = false)
    {
        if (!Has(name) && isOptional)
        {
            return [];
        }

        var path = PathOf(name);
        return Map.GetValueOrDefault(name) is ApiList<object?> list
            ? list.Select((item, i) => new ConfigNode(item, $"{path}[{i}]")).ToArray()
            : throw new FormatException($"{path}: must be a list");
    }

    public IReadOnlyList<string> Texts(string name)
    {
        var path = PathOf(name);
        return List(name, isOptional: true).Select(n => n.Value as string ?? throw new FormatException($"{path}: must be a list of strings")).ToArray();
    }

    private string PathOf(string name) => Path.Length > 0 ? Path + "." + name : name;
}
