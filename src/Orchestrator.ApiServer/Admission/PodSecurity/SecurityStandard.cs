using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.ApiServer.Admission.PodSecurity;

/// <summary>The Pod Security Standards: which checks make up a level.</summary>
internal static class SecurityStandard
{
    /// <summary>This release; newer versions in labels mean the same as this.</summary>
    private const int NewestMinor = 36;

    private delegate SecurityViolation? Check(PodUnderCheck pod);

    private static readonly Check[] Baseline =
    [
        BaselineChecks.AppArmorProfile, BaselineChecks.Capabilities, BaselineChecks.HostNamespaces, BaselineChecks.HostPathVolumes, BaselineChecks.HostPorts,
        BaselineChecks.HostProbes, BaselineChecks.Privileged, BaselineChecks.ProcMount, BaselineChecks.SeLinuxOptions, BaselineChecks.SeccompProfile,
        BaselineChecks.Sysctls, BaselineChecks.WindowsHostProcess,
    ];

    // Stricter forms of capabilities, volumes and seccomp replace the baseline's.
    private static readonly Check[] Restricted =
    [
        BaselineChecks.AppArmorProfile, BaselineChecks.HostNamespaces, BaselineChecks.HostPorts, BaselineChecks.HostProbes, BaselineChecks.Privileged,
        BaselineChecks.ProcMount, BaselineChecks.SeLinuxOptions, BaselineChecks.Sysctls, BaselineChecks.WindowsHostProcess,
        RestrictedChecks.AllowPrivilegeEscalation, RestrictedChecks.Capabilities, RestrictedChecks.Volumes, RestrictedChecks.RunAsNonRoot, RestrictedChecks.RunAsUser,
        RestrictedChecks.SeccompProfile,
    ];

    // Before v1.22 the restricted level had no word on capabilities, so the baseline's stays; before v1.19 none on seccomp.
    private static readonly Check[] RestrictedBefore22 =
    [
        BaselineChecks.AppArmorProfile, BaselineChecks.Capabilities, BaselineChecks.HostNamespaces, BaselineChecks.HostPorts, BaselineChecks.HostProbes,
        BaselineChecks.Privileged, BaselineChecks.ProcMount, BaselineChecks.SeLinuxOptions, BaselineChecks.Sysctls, BaselineChecks.WindowsHostProcess,
        RestrictedChecks.AllowPrivilegeEscalation, RestrictedChecks.Volumes, RestrictedChecks.RunAsNonRoot, RestrictedChecks.RunAsUser, RestrictedChecks.SeccompProfile,
    ];

    private static readonly Check[] RestrictedBefore19 =
    [
        BaselineChecks.AppArmorProfile, BaselineChecks.Capabilities, BaselineChecks.HostNamespaces, BaselineChecks.HostPorts, BaselineChecks.HostProbes,
        BaselineChecks.Privileged, BaselineChecks.ProcMount, BaselineChecks.SeLinuxOptions, BaselineChecks.SeccompProfile, BaselineChecks.Sysctls,
        BaselineChecks.WindowsHostProcess, RestrictedChecks.AllowPrivilegeEscalation, RestrictedChecks.Volumes, RestrictedChecks.RunAsNonRoot, RestrictedChecks.RunAsUser,
    ];

    /// <summary>What a pod does that the level forbids; empty if nothing.</summary>
    public static IReadOnlyList<SecurityViolation> Evaluate(LevelVersion level, ObjectMeta metadata, PodSpec spec)
    {
        if (level.Level == SecurityLevel.Privileged)
        {
            return [];
        }

        var minor = Math.Min(level.Minor, NewestMinor);
        var checks = level.Level == SecurityLevel.Baseline ? Baseline : minor >= 22 ? Restricted : minor >= 19 ? RestrictedBefore22 : RestrictedBefore19;
        var pod = new PodUnderCheck(metadata, spec, minor);
        List<SecurityViolation>? violations = null;
        foreach (var check in checks)
        {
            if (check(pod) is { } violation)
            {
                (violations ??= []).Add(violation);
            }
        }

        return violations ?? [];
    }
}
