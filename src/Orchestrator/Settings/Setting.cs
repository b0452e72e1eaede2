using System.CommandLine;

namespace Orchestrator.Settings;

/// <summary>One thing an operator can set, under one name: a flag, an environment variable and a key of the config file.</summary>
internal abstract class Setting
{
    private protected Setting(string name, string description, string? valueName)
    {
        Name = name;
        Option = new Option<string?>("--" + name) { Description = description, HelpName = valueName, Arity = ArgumentArity.ExactlyOne };
    }

    /// <summary>The flag without its dashes, which is the key in the config file too, such as <c>https-port</c>.</summary>
    public string Name { get; }

    /// <summary>Such as <c>ORCHESTRATOR_HTTPS_PORT</c>.</summary>
    public string EnvironmentVariable => "ORCHESTRATOR_" + Name.Replace('-', '_').ToUpperInvariant();

    /// <summary>Text in, text out: a value is parsed in one way wherever it comes from.</summary>
    public Option<string?> Option { get; }

    /// <summary>The default, as it is shown; "" if there is none.</summary>
    public abstract string DefaultText { get; }
}

/// <inheritdoc cref="Setting"/>
internal sealed class Setting<T>(string name, string description, SettingValue<T> kind, T defaultValue)
    : Setting(name, description, kind.Label)
{
    public T DefaultValue { get; } = defaultValue;

    public SettingValue<T> Kind { get; } = kind;

    public override string DefaultText => DefaultValue switch
    {
        null => "",
        string[] list => string.Join(',', list),
        bool flag => flag ? "true" : "false",
        var value => value.ToString() ?? "",
    };
}
