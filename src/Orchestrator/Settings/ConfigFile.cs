using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Orchestrator.Settings;

/// <summary>The <c>--config</c> file: a YAML mapping from settings' names to their values, a list where a flag takes commas.</summary>
internal static class ConfigFile
{
    /// <exception cref="SettingException">The file cannot be read, is no flat mapping, or names a setting that the command lacks.</exception>
    public static IReadOnlyDictionary<string, string> Read(string path, IEnumerable<Setting> known)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in Load(path).Children)
        {
            var name = (key as YamlScalarNode)?.Value ?? "";
            if (!known.Any(setting => setting.Name == name))
            {
                throw new SettingException($"{path}:{key.Start.Line}: there is no setting '{name}'; the command's --help lists them");
            }

            values[name] = value switch
            {
                YamlScalarNode scalar => scalar.Value ?? "",
                YamlSequenceNode list when list.All(item => item is YamlScalarNode) => string.Join(',', list.Select(item => ((YamlScalarNode)item).Value)),
                _ => throw new SettingException($"{path}:{value.Start.Line}: the value of '{name}' must be a text or a list of texts"),
            };
        }

        return values;
    }

    private static YamlMappingNode Load(string path)
    {
        try
        {
            using var reader = File.OpenText(path);
            var yaml = new YamlStream();
            yaml.Load(reader);
            return yaml.Documents switch
            {
                [] => new YamlMappingNode(),
                [{ RootNode: YamlMappingNode mapping }] => mapping,
                _ => throw new SettingException($"{path}: expected one mapping from settings to values"),
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingException($"cannot read the config file: {e.Message}");
        }
        catch (YamlException e)
        {
            throw new SettingException($"{path}:{e.Start.Line}: {e.Message}");
        }
    }
}
