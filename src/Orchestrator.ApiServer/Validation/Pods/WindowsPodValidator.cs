using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Validation.Pods;

/// <summary>What pods for Windows may not have, and pods for Linux neither.</summary>
internal static class WindowsPodValidator
{
    public static void OperatingSystem(PodSpec spec, FieldPath path, FieldErrorList errors)
    {
        switch (spec.Os?.Name)
        {
            case null:
                break;
            case "":
                errors.Missing(path.Child("os"), "name");
                break;
            case "linux":
                Linux(spec, path, errors);
                break;
            case "windows":
                Windows(spec, path, errors);
                break;
            default:
                errors.NotSupportedInOrder(path.Child("os"), spec.Os.Name, "linux", "windows");
                break;
        }
    }

    public static void HostProcess(PodSpec spec, FieldPath path, FieldErrorList errors)
    {
        var podValue = spec.SecurityContext?.WindowsOptions?.HostProcess;
        var (with, without) = (0, 0);
        foreach (var (container, at) in AllContainers.Of(spec, path))
        {
            Look(container, at);
        }

        if (with > 0)
        {
            if (without > 0)
            {
                errors.Invalid(path, "", "If pod contains any hostProcess containers then all containers must be HostProcess containers");
            }

            if (!spec.HostNetwork)
            {
                errors.Invalid(path, "hostNetwork", false, "hostNetwork must be true if pod contains any hostProcess containers");
            }
        }

        void Look(Container container, FieldPath at)
        {
            var own = container.SecurityContext?.WindowsOptions?.HostProcess;
            if (podValue is not null && own is not null && podValue != own)
            {
                errors.Invalid(
                    at.Child("securityContext").Child("windowsOptions"), "hostProcess", own,
                    $"pod hostProcess value must be identical if both are specified, was {(podValue.Value ? "true" : "false")}");
            }

            if ((own ?? podValue) == true)
            {
                with++;
            }
            else
            {
                without++;
            }
        }
    }

    private static void Linux(PodSpec spec, FieldPath path, FieldErrorList errors)
    {
        if (spec.SecurityContext?.WindowsOptions is not null)
        {
            errors.Forbidden(path.Child("securityContext"), "windowsOptions", "windows options cannot be set for a linux pod");
        }

        foreach (var (container, at) in AllContainers.Of(spec, path))
        {
            if (container.SecurityContext?.WindowsOptions is not null)
            {
                errors.Forbidden(at.Child("securityContext"), "windowsOptions", "windows options cannot be set for a linux pod");
            }
        }
    }

    private static void Windows(PodSpec spec, FieldPath path, FieldErrorList errors)
    {
        const string Text = "cannot be set for a windows pod";
        var context = path.Child("securityContext");
        var pod = spec.SecurityContext;
        Check(pod?.AppArmorProfile is not null, context, "appArmorProfile");
        Check(pod?.SeLinuxOptions is not null, context, "seLinuxOptions");
        Check(spec.HostUsers is not null, path, "hostUsers");
        Check(spec.HostPID, path, "hostPID");
        Check(spec.HostIPC, path, "hostIPC");
        Check(pod?.SeccompProfile is not null, context, "seccompProfile");
        Check(pod?.FsGroup is not null, context, "fsGroup");
        Check(pod?.FsGroupChangePolicy is not null, context, "fsGroupChangePolicy");
        Check(pod?.Sysctls.Count > 0, context, "sysctls");
        Check(spec.ShareProcessNamespace is not null, path, "shareProcessNamespace");
        Check(pod?.RunAsUser is not null, context, "runAsUser");
        Check(pod?.RunAsGroup is not null, context, "runAsGroup");
        Check(pod?.SupplementalGroups.Count > 0, context, "supplementalGroups");
        Check(pod?.SupplementalGroupsPolicy is not null, context, "supplementalGroupsPolicy");
        Check(pod?.SeLinuxChangePolicy is not null, context, "seLinuxChangePolicy");
        foreach (var (container, containerPath) in AllContainers.Of(spec, path))
        {
            if (container.SecurityContext is { } own)
            {
                var at = containerPath.Child("securityContext");
                Check(own.AppArmorProfile is not null, at, "appArmorProfile");
                Check(own.SeLinuxOptions is not null, at, "seLinuxOptions");
                Check(own.SeccompProfile is not null, at, "seccompProfile");
                Check(own.Capabilities is not null, at, "capabilities");
                Check(own.ReadOnlyRootFilesystem is not null, at, "readOnlyRootFilesystem");
                Check(own.Privileged is not null, at, "privileged");
                Check(own.AllowPrivilegeEscalation is not null, at, "allowPrivilegeEscalation");
                Check(own.ProcMount is not null, at, "procMount");
                Check(own.RunAsUser is not null, at, "runAsUser");
                Check(own.RunAsGroup is not null, at, "runAsGroup");
            }
        }

        void Check(bool set, FieldPath at, string field)
        {
            if (set)
            {
                errors.Forbidden(at, field, Text);
            }
        }
    }
}
