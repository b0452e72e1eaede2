using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Validation.Pods;

/// <summary>Where containers mount volumes, or see them as devices.</summary>
internal static class VolumeMountValidator
{
    public static void Mounts(Container container, PodSpecContext pod, FieldPath parent, FieldErrorList errors)
    {
        var mounts = container.VolumeMounts;
        for (var i = 0; i < mounts.Count; i++)
        {
            var mount = mounts[i];
            var path = parent.Child("volumeMounts");
            var at = path.Index(i);
            if (mount.Name.Length == 0)
            {
                errors.Missing(at, "name");
            }

            if (!pod.HasVolume(mount.Name))
            {
                errors.NotFound(at.Child("name"), mount.Name);
            }

            if (mount.MountPath.Length == 0)
            {
                errors.Missing(at, "mountPath");
            }

            for (var j = 0; j < i; j++)
            {
                if (mounts[j].MountPath == mount.MountPath)
                {
                    errors.Invalid(at, "mountPath", mount.MountPath, "must be unique");
                    break;
                }
            }

            foreach (var device in container.VolumeDevices)
            {
                if (device.Name == mount.Name)
                {
                    errors.Invalid(at, "name", mount.Name, "must not already exist in volumeDevices");
                }

                if (device.DevicePath == mount.MountPath)
                {
                    errors.Invalid(at, "mountPath", mount.MountPath, "must not already exist as a path in volumeDevices");
                }
            }

            if (mount.SubPath.Length > 0)
            {
                VolumeSourceValidator.LocalDescendingPath(mount.SubPath, path.Child("subPath"), errors);
            }

            if (mount.SubPathExpr.Length > 0)
            {
                if (mount.SubPath.Length > 0)
                {
                    errors.Invalid(at, "subPathExpr", mount.SubPathExpr, "subPathExpr and subPath are mutually exclusive");
                }

                VolumeSourceValidator.LocalDescendingPath(mount.SubPathExpr, path.Child("subPathExpr"), errors);
            }

            Propagation(mount, container, path, errors);
            RecursiveReadOnly(mount, path, errors);
        }
    }

    public static void Devices(Container container, PodSpecContext pod, FieldPath parent, FieldErrorList errors)
    {
        var devices = container.VolumeDevices;
        for (var i = 0; i < devices.Count; i++)
        {
            var device = devices[i];
            var at = parent.Child("volumeDevices").Index(i);
            if (device.Name.Length == 0)
            {
                errors.Missing(at, "name");
            }

            if (device.Name.Length > 0 && IsBefore(static d => d.Name, device.Name))
            {
                errors.Invalid(at, "name", device.Name, "must be unique");
            }

            if (pod.Volumes.TryGetValue(device.Name, out var volume) && volume.PersistentVolumeClaim is null && volume.Ephemeral is null)
            {
                errors.Invalid(at, "name", device.Name, "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode");
            }

            if (volume is null)
            {
                errors.NotFound(at.Child("name"), device.Name);
            }

            if (device.DevicePath.Length == 0)
            {
                errors.Missing(at, "devicePath");
            }

            if (IsBefore(static d => d.DevicePath, device.DevicePath))
            {
                errors.Invalid(at, "devicePath", device.DevicePath, "must be unique");
            }

            if (device.DevicePath.Split('/').Contains(".."))
            {
                errors.Invalid(at, "devicePath", device.DevicePath, "can not contain backsteps ('..')");
            }

            foreach (var mount in container.VolumeMounts)
            {
                if (mount.Name == device.Name)
                {
                    errors.Invalid(at, "name", device.Name, "must not already exist in volumeMounts");
                }

                if (mount.MountPath == device.DevicePath)
                {
                    errors.Invalid(at, "devicePath", device.DevicePath, "must not already exist as a path in volumeMounts");
                }
            }

            bool IsBefore(Func<VolumeDevice, string> part, string value)
            {
                for (var j = 0; j < i; j++)
                {
                    if (part(devices[j]) == value)
                    {
                        return true;
                    }
                }

                return false;
            }
        }
    }

    private static void Propagation(VolumeMount mount, Container container, FieldPath path, FieldErrorList errors)
    {
        if (mount.MountPropagation is not { } mode)
        {
            return;
        }

        if (mode is not ("Bidirectional" or "HostToContainer" or "None"))
        {
            errors.NotSupportedInOrder(path.Child("mountPropagation"), mode, "Bidirectional", "HostToContainer", "None");
        }

        if (mode == "Bidirectional" && container.SecurityContext?.Privileged != true)
        {
            errors.Forbidden(path, "mountPropagation", "Bidirectional mount propagation is available only to privileged containers");
        }
    }

    private static void RecursiveReadOnly(VolumeMount mount, FieldPath path, FieldErrorList errors)
    {
        switch (mount.RecursiveReadOnly)
        {
            case null or "Disabled":
                break;
            case "Enabled" or "IfPossible":
                if (!mount.ReadOnly)
                {
                    errors.Forbidden(path, "recursiveReadOnly", "may only be specified when readOnly is true");
                }

                if (mount.MountPropagation is not (null or "None"))
                {
                    errors.Forbidden(path, "recursiveReadOnly", "may only be specified when mountPropagation is None or not specified");
                }

                break;
            default:
                errors.NotSupportedInOrder(path.Child("recursiveReadOnly"), mount.RecursiveReadOnly, "Disabled", "Enabled", "IfPossible");
                break;
        }
    }
}
