using Orchestrator.Api;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Admission.PodSecurity;

/// <summary>What a namespace's labels ask: the level that is enforced, and those that are audited and warned about.</summary>
internal readonly record struct NamespacePolicy(LevelVersion Enforce, LevelVersion Audit, LevelVersion Warn)
{
    private const string Prefix = "pod-security.kubernetes.io/";

    private static readonly LevelVersion Nothing = new(SecurityLevel.Privileged, LevelVersion.Latest);

    /// <summary>No level asks anything of pods.</summary>
    public bool IsPrivileged => Enforce.Level == SecurityLevel.Privileged && Audit.Level == SecurityLevel.Privileged && Warn.Level == SecurityLevel.Privileged;

    /// <summary>Reads labels. A level or version that cannot be read is a fault, and counts as the strictest where it is enforced.</summary>
    public static NamespacePolicy Read(ApiMap<string> labels, FieldErrorList? faults) => new(
        ReadMode(labels, Prefix + "enforce", Prefix + "enforce-version", SecurityLevel.Restricted, faults),
        ReadMode(labels, Prefix + "audit", Prefix + "audit-version", SecurityLevel.Privileged, faults),
        ReadMode(labels, Prefix + "warn", Prefix + "warn-version", SecurityLevel.Privileged, faults));

    private static LevelVersion ReadMode(ApiMap<string> labels, string mode, string version, SecurityLevel levelOnFault, FieldErrorList? faults)
    {
        var (level, minor) = Nothing;
        if (labels.TryGetValue(mode, out var levelText))
        {
            switch (levelText)
            {
                case "privileged":
                    break;
                case "baseline":
                    level = SecurityLevel.Baseline;
                    break;
                case "restricted":
                    level = SecurityLevel.Restricted;
                    break;
                default:
                    level = levelOnFault;
                    faults?.Invalid(At(mode), levelText, "must be one of privileged, baseline, restricted");
                    break;
            }
        }

        if (labels.TryGetValue(version, out var versionText) && versionText != "latest"
            && !TryParseMinor(versionText, out minor))
        {
            minor = LevelVersion.Latest;
            faults?.Invalid(At(version), versionText, "must be \"latest\" or \"v1.x\"");
        }

        return new(level, minor);

        static FieldPath At(string label) => FieldPath.Metadata.Child("labels").Key(label);
    }

    private static bool TryParseMinor(string text, out int minor)
    {
        minor = LevelVersion.Latest;
        return text.StartsWith("v1.", StringComparison.Ordinal) && text.Length > 3 && text.Length < 8 && text.AsSpan(3).IndexOfAnyExceptInRange('0', '9') < 0
            && (text.Length == 4 || text[3] != '0') && int.TryParse(text.AsSpan(3), out minor);
    }
}
