using System.Text.RegularExpressions;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Validation.Pods;

/// <summary>Security contexts of pods and containers.</summary>
internal static partial class SecurityContextValidator
{
    private const int AppArmorProfileBytesMax = 4095;
    private const int GmsaBytesMax = 64 * 1024;
    private const int DomainLengthMax = 256;
    private const int UserLengthMax = 104;
    private const string SysctlPattern = @"([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?";

    public static void Pod(PodSpecContext pod, FieldPath spec, FieldErrorList errors)
    {
        if (pod.Spec.SecurityContext is not { IsZero: false } context)
        {
            ShareProcess(pod, spec, errors);
            return;
        }

        var path = spec.Child("securityContext");
        Id(context.FsGroup, "fsGroup");
        Id(context.RunAsUser, "runAsUser");
        Id(context.RunAsGroup, "runAsGroup");
        for (var i = 0; i < context.SupplementalGroups.Count; i++)
        {
            errors.InvalidEach(path.Child("supplementalGroups").Index(i), context.SupplementalGroups[i], Formats.Id(context.SupplementalGroups[i]));
        }

        ShareProcess(pod, spec, errors);
        Sysctls(context, pod.Spec, path, errors);
        if (context.FsGroupChangePolicy is { } change)
        {
            errors.OneOf(path, "fsGroupChangePolicy", change, "Always", "OnRootMismatch");
        }

        Seccomp(context.SeccompProfile, path, errors);
        Windows(context.WindowsOptions, path, errors);
        AppArmor(context.AppArmorProfile, path, errors);
        if (context.SupplementalGroupsPolicy is { } policy)
        {
            errors.OneOf(path, "supplementalGroupsPolicy", policy, "Merge", "Strict");
        }

        if (context.SeLinuxChangePolicy is { } labels)
        {
            // MountOption is known, but only named as supported when its feature gate is on.
            if (labels is not ("MountOption" or "Recursive"))
            {
                errors.NotSupportedInOrder(path.Child("seLinuxChangePolicy"), labels, "Recursive");
            }
        }

        void Id(long? value, string field)
        {
            if (value is { } id)
            {
                errors.InvalidEach(path, field, id, Formats.Id(id));
            }
        }
    }

    public static void Container(SecurityContext? context, PodSpecContext pod, FieldPath container, FieldErrorList errors)
    {
        if (context is null || context.IsZero)
        {
            return;
        }

        var path = container.Child("securityContext");
        if (context.RunAsUser is { } user)
        {
            errors.InvalidEach(path, "runAsUser", user, Formats.Id(user));
        }

        if (context.RunAsGroup is { } group)
        {
            errors.InvalidEach(path, "runAsGroup", group, Formats.Id(group));
        }

        if (context.ProcMount is { } procMount)
        {
            errors.OneOf(path, "procMount", procMount, "Default", "Unmasked");
            if (pod.Spec.HostUsers != false && procMount == "Unmasked")
            {
                errors.Invalid(path, "procMount", procMount, "`hostUsers` must be false to use `Unmasked`");
            }
        }

        Seccomp(context.SeccompProfile, path, errors);
        if (context.AllowPrivilegeEscalation == false)
        {
            if (context.Privileged == true)
            {
                errors.Invalid(path, new InternalValue(context), "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
            }

            if (context.Capabilities?.Add.Contains("CAP_SYS_ADMIN") == true)
            {
                errors.Invalid(path, new InternalValue(context), "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN");
            }
        }

        Windows(context.WindowsOptions, path, errors);
        AppArmor(context.AppArmorProfile, path, errors);
    }

    public static void AppArmor(AppArmorProfile? profile, FieldPath parent, FieldErrorList errors)
    {
        if (profile is null)
        {
            return;
        }

        var path = parent.Child("appArmorProfile");
        switch (profile.Type)
        {
            case "Localhost" when profile.LocalhostProfile is null:
                errors.Missing(path, "localhostProfile", "must be set when AppArmor type is Localhost");
                break;
            case "Localhost":
                var name = profile.LocalhostProfile!;
                if (name.Trim().Length != name.Length)
                {
                    errors.Invalid(path, "localhostProfile", name, "must not be padded with whitespace");
                }
                else if (name.Length == 0)
                {
                    errors.Missing(path, "localhostProfile", "must be set when AppArmor type is Localhost");
                }

                if (name.Length > AppArmorProfileBytesMax)
                {
                    errors.TooLong(path.Child("localhostProfile"), AppArmorProfileBytesMax);
                }

                break;
            case "RuntimeDefault" or "Unconfined":
                if (profile.LocalhostProfile is not null)
                {
                    errors.Invalid(path, "localhostProfile", profile.LocalhostProfile, "can only be set when AppArmor type is Localhost");
                }

                break;
            case "":
                errors.Missing(path, "type", "type is required when appArmorProfile is set");
                break;
            default:
                errors.NotSupportedInOrder(path.Child("type"), profile.Type, "Localhost", "RuntimeDefault", "Unconfined");
                break;
        }
    }

    private static void Seccomp(SeccompProfile? profile, FieldPath parent, FieldErrorList errors)
    {
        if (profile is null)
        {
            return;
        }

        var path = parent.Child("seccompProfile");
        if (profile.Type.Length == 0)
        {
            errors.Missing(path, "type", "type is required when seccompProfile is set");
        }
        else if (profile.Type is not ("Localhost" or "RuntimeDefault" or "Unconfined"))
        {
            errors.NotSupportedInOrder(path.Child("type"), profile.Type, "Localhost", "RuntimeDefault", "Unconfined");
        }

        if (profile.Type == "Localhost")
        {
            if (profile.LocalhostProfile is null)
            {
                errors.Missing(path, "localhostProfile", "must be set when seccomp type is Localhost");
            }
            else
            {
                VolumeSourceValidator.LocalDescendingPath(profile.LocalhostProfile, path.Child("localhostProfile"), errors);
            }
        }
        else if (profile.LocalhostProfile is not null)
        {
            errors.Invalid(path, "localhostProfile", new InternalValue(profile), "can only be set when seccomp type is Localhost");
        }
    }

    private static void ShareProcess(PodSpecContext pod, FieldPath spec, FieldErrorList errors)
    {
        if (pod.Spec.ShareProcessNamespace == true && pod.Spec.HostPID)
        {
            errors.Invalid(spec.Child("securityContext"), "shareProcessNamespace", true, "ShareProcessNamespace and HostPID cannot both be enabled");
        }
    }

    private static void Sysctls(PodSecurityContext context, PodSpec spec, FieldPath parent, FieldErrorList errors)
    {
        var names = new HashSet<string>();
        for (var i = 0; i < context.Sysctls.Count; i++)
        {
            var name = context.Sysctls[i].Name;
            var path = parent.Child("sysctls").Index(i);
            if (name.Length == 0)
            {
                errors.Missing(path, "name");
            }
            else if (name.Length > 253 || !Sysctl().IsMatch(name))
            {
                errors.Invalid(path, "name", name, $"must have at most 253 characters and match regex ^{SysctlPattern}$");
            }
            else if (!names.Add(name))
            {
                errors.Duplicate(path.Child("name"), name);
            }

            var dotted = name.Replace('/', '.');
            if (spec.HostNetwork && dotted.StartsWith("net.", StringComparison.Ordinal))
            {
                errors.Invalid(path, "name", name, "may not be specified when 'hostNetwork' is true");
            }

            if (spec.HostIPC && (dotted.StartsWith("kernel.msg", StringComparison.Ordinal) || dotted.StartsWith("kernel.shm", StringComparison.Ordinal)
                || dotted.StartsWith("fs.mqueue.", StringComparison.Ordinal) || dotted == "kernel.sem"))
            {
                errors.Invalid(path, "name", name, "may not be specified when 'hostIPC' is true");
            }
        }
    }

    private static void Windows(WindowsSecurityContextOptions? options, FieldPath parent, FieldErrorList errors)
    {
        if (options is null)
        {
            return;
        }

        var path = parent.Child("windowsOptions");
        if (options.GmsaCredentialSpecName is { } gmsa)
        {
            errors.InvalidEach(path, "gmsaCredentialSpecName", gmsa, Formats.DnsSubdomain(gmsa));
        }

        if (options.GmsaCredentialSpec is { } spec && (spec.Length == 0 || System.Text.Encoding.UTF8.GetByteCount(spec) > GmsaBytesMax))
        {
            errors.Invalid(path, "gmsaCredentialSpec", spec, spec.Length == 0 ? "gmsaCredentialSpec cannot be an empty string" : "gmsaCredentialSpec size must be under 64 KiB");
        }

        if (options.RunAsUserName is { } name)
        {
            foreach (var fault in WindowsUserName(name))
            {
                errors.Invalid(path, "runAsUserName", name, fault);
            }
        }
    }

    /// <summary><c>user</c> or <c>domain\user</c>, in the terms of Active Directory.</summary>
    private static IEnumerable<string> WindowsUserName(string name)
    {
        if (name.Length == 0)
        {
            yield return "runAsUserName cannot be an empty string";
            yield break;
        }

        if (name.Any(static c => c is < ' ' or '\x7f'))
        {
            yield return "runAsUserName cannot contain control characters";
            yield break;
        }

        var parts = name.Split('\\');
        if (parts.Length > 2)
        {
            yield return "runAsUserName cannot contain more than one backslash";
            yield break;
        }

        var user = parts[^1];
        if (parts.Length == 2 && parts[0].Length >= DomainLengthMax)
        {
            yield return $"runAsUserName's Domain length must be under {DomainLengthMax} characters";
        }

        if (parts.Length == 2 && !NetBios().IsMatch(parts[0]) && !WindowsDomain().IsMatch(parts[0]))
        {
            yield return "runAsUserName's Domain doesn't match the NetBios nor the DNS format";
        }

        if (user.Length == 0)
        {
            yield return "runAsUserName's User cannot be empty";
        }
        else if (user.Length > UserLengthMax)
        {
            yield return $"runAsUserName's User length must not be longer than {UserLengthMax} characters";
        }

        if (user.Length > 0 && user.All(static c => c is '.' or ' '))
        {
            yield return "runAsUserName's User cannot contain only periods or spaces";
        }

        if (user.AsSpan().ContainsAny("\"/\\:;|=,+*?<>@[]"))
        {
            yield return "runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]";
        }
    }

    [GeneratedRegex("""^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}\z""")]
    private static partial Regex NetBios();

    [GeneratedRegex(@"^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*\z")]
    private static partial Regex WindowsDomain();

    [GeneratedRegex("^" + SysctlPattern + "\\z")]
    private static partial Regex Sysctl();
}
