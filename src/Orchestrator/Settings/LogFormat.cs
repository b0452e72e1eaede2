namespace Orchestrator.Settings;

internal enum LogFormat
{
    Text,
    Json,
}
