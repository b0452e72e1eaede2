using Serilog.Events;

namespace Orchestrator.Settings;

/// <summary>What is logged, and where to; every long-running command has these.</summary>
internal sealed record LogSettings(LogEventLevel Level, LogFormat Format, string? File)
{
    private static readonly Setting<LogEventLevel> LevelSetting = new("log-level", "The least grave that is logged", SettingValue.OneOf(
        ("debug", LogEventLevel.Debug), ("information", LogEventLevel.Information), ("warning", LogEventLevel.Warning), ("error", LogEventLevel.Error)),
        LogEventLevel.Information);

    private static readonly Setting<LogFormat> FormatSetting = new("log-format", "Lines for people, or one JSON object a line",
        SettingValue.OneOf(("text", LogFormat.Text), ("json", LogFormat.Json)), LogFormat.Text);

    private static readonly Setting<string?> FileSetting = new("log-file", "Log to this file, which is rotated, instead of the console",
        SettingValue.OptionalPath("FILE"), null);

    public static Setting[] All { get; } = [LevelSetting, FormatSetting, FileSetting];

    public static LogSettings Read(SettingReader reader) => new(reader.Get(LevelSetting), reader.Get(FormatSetting), reader.Get(FileSetting));
}
