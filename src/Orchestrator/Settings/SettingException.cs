namespace Orchestrator.Settings;

/// <summary>The operator set something that cannot be: the message is one line, names where it was set and says what would do.</summary>
internal sealed class SettingException(string message) : Exception(message);
