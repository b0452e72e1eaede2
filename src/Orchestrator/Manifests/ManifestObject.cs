using Orchestrator.Api;
using Orchestrator.Client.Manifests;
using Orchestrator.Settings;
using YamlDotNet.Core;

namespace Orchestrator.Manifests;

/// <summary>One object of a manifest file, whatever its kind.</summary>
internal sealed record ManifestObject(ApiMap<object?> Content)
{
    public string ApiVersion => Text(Content, "apiVersion");

    public string Kind => Text(Content, "kind");

    public string Name => Text(Metadata, "name");

    /// <summary>"" when the manifest leaves it open.</summary>
    public string Namespace => Text(Metadata, "namespace");

    private ApiMap<object?> Metadata => Content.GetValueOrDefault("metadata") as ApiMap<object?> ?? ApiMap<object?>.Empty;

    /// <exception cref="SettingException">The file cannot be read, or holds something that is no object of the API.</exception>
    public static IReadOnlyList<ManifestObject> ReadFile(string path)
    {
        try
        {
            using var text = path == "-" ? Console.In : File.OpenText(path);
            return [.. YamlTree.Read(text).SelectMany(tree => Objects(path, tree))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingException($"cannot read the manifest: {e.Message}");
        }
        catch (YamlException e)
        {
            throw new SettingException($"{path}:{e.Start.Line}: {e.Message}");
        }
    }

    private static IEnumerable<ManifestObject> Objects(string path, object? tree)
    {
        if (tree is not ApiMap<object?> content)
        {
            throw new SettingException($"{path}: a document is no object");
        }

        // A list stands for what it holds.
        if (Text(content, "kind") == "List" && content.GetValueOrDefault("items") is ApiList<object?> items)
        {
            return items.SelectMany(item => Objects(path, item));
        }

        var manifest = new ManifestObject(content);
        return manifest is { ApiVersion.Length: > 0, Kind.Length: > 0, Name.Length: > 0 }
            ? [manifest]
            : throw new SettingException($"{path}: an object lacks its apiVersion, kind or metadata.name");
    }

    private static string Text(ApiMap<object?> map, string key) => map.GetValueOrDefault(key) as string ?? "";
}
