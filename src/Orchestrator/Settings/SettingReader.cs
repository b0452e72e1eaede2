using System.CommandLine;

namespace Orchestrator.Settings;

/// <summary>Answers each setting from the first that has it: flag, environment, config file, default.</summary>
internal sealed class SettingReader(ParseResult flags, Func<string, string?> environment, string? file, IReadOnlyDictionary<string, string> fileValues)
{
    /// <summary>Every command that reads settings takes this flag; its own place is not read from a file.</summary>
    public static Setting<string?> Config { get; } =
        new("config", "A YAML file with settings: the flags' names without dashes, and their values", SettingValue.OptionalPath("FILE"), null);

    /// <exception cref="SettingException">The config file cannot be used.</exception>
    public static SettingReader For(ParseResult flags, IEnumerable<Setting> settings, Func<string, string?> environment)
    {
        var none = new SettingReader(flags, environment, null, new Dictionary<string, string>());
        var file = none.Get(Config);
        return file is null ? none : new SettingReader(flags, environment, file, ConfigFile.Read(file, settings));
    }

    /// <exception cref="SettingException">The text that is set cannot be read as a <typeparamref name="T"/>.</exception>
    public T Get<T>(Setting<T> setting)
    {
        var (text, source) = Find(setting);
        if (text is null)
        {
            return setting.DefaultValue;
        }

        return setting.Kind.TryParse(text, out var value)
            ? value
            : throw new SettingException($"{source}: '{text}' is not {setting.Kind.Expectation}");
    }

    /// <summary>The settings as they are in force, by name, with defaults; a path to a file, never what stands in it.</summary>
    public IReadOnlyDictionary<string, string> Effective(IEnumerable<Setting> settings) =>
        settings.ToDictionary(static s => s.Name, s => Find(s).Text ?? s.DefaultText, StringComparer.Ordinal);

    private (string? Text, string Source) Find(Setting setting)
    {
        if (flags.GetResult(setting.Option) is { Implicit: false } && flags.GetValue(setting.Option) is { } flag)
        {
            return (flag, "--" + setting.Name);
        }

        // An empty variable counts as unset, as in most programs: units and scripts pass variables on that way.
        return environment(setting.EnvironmentVariable) is { Length: > 0 } variable
            ? (variable, setting.EnvironmentVariable)
            : (fileValues.GetValueOrDefault(setting.Name), $"{file}: {setting.Name}");
    }
}
