using Orchestrator.ApiServer.Audit;

namespace Orchestrator.Settings;

/// <summary>What an operator can say about the audit log, under upstream's names.</summary>
internal static class AuditSettings
{
    private static readonly Setting<string?> PolicySetting = new("audit-policy-file", "An audit.k8s.io/v1 Policy; without it nothing is audited",
        SettingValue.OptionalPath("FILE"), null);

    private static readonly Setting<string?> LogSetting = new("audit-log-path", "Write audit events to this file, or to standard output for -",
        SettingValue.OptionalText("FILE"), null);

    private static readonly Setting<int> SizeSetting = new("audit-log-maxsize", "Rotate the audit log at this many megabytes (default 0: never)",
        SettingValue.Count(0, 1_000_000), 0);

    private static readonly Setting<int> AgeSetting = new("audit-log-maxage", "Days that rotated audit logs are kept (default 0: for good)",
        SettingValue.Count(0, 100_000), 0);

    private static readonly Setting<int> BackupsSetting = new("audit-log-maxbackup", "How many rotated audit logs are kept (default 0: all)",
        SettingValue.Count(0, 1_000_000), 0);

    private static readonly Setting<bool> CompressSetting = new("audit-log-compress", "Compress rotated audit logs (default false)", SettingValue.Bool, false);

    private static readonly Setting<string?> WebhookSetting = new("audit-webhook-config-file", "A kubeconfig of the server that audit events are sent to",
        SettingValue.OptionalPath("FILE"), null);

    private static readonly Setting<TimeSpan> WaitSetting = new("audit-webhook-batch-max-wait", "How long audit events gather before they are sent (default 30s)",
        SettingValue.Duration, TimeSpan.FromSeconds(30));

    private static readonly Setting<int> BatchSetting = new("audit-webhook-batch-max-size", "The most audit events in one call (default 400)",
        SettingValue.Count(1, 100_000), 400);

    public static Setting[] All { get; } =
        [PolicySetting, LogSetting, SizeSetting, AgeSetting, BackupsSetting, CompressSetting, WebhookSetting, WaitSetting, BatchSetting];

    public static AuditOptions Read(SettingReader reader) => new()
    {
        PolicyFile = reader.Get(PolicySetting),
        Log = reader.Get(LogSetting) is { } path
            ? new AuditLogOptions
            {
                Path = path == "-" ? path : Path.GetFullPath(path),
                MaxSizeMegabytes = reader.Get(SizeSetting),
                MaxAge = TimeSpan.FromDays(reader.Get(AgeSetting)),
                MaxBackups = reader.Get(BackupsSetting),
                Compress = reader.Get(CompressSetting),
            }
            : null,
        WebhookConfigFile = reader.Get(WebhookSetting),
        WebhookBatchMaxWait = reader.Get(WaitSetting),
        WebhookBatchMaxSize = reader.Get(BatchSetting),
    };
}
