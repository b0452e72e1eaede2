using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Validation.Pods;

/// <summary>Environment variables of containers and where their values come from.</summary>
internal static class EnvironmentValidator
{
    private static readonly string[] FieldPaths =
        ["metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"];

    private static readonly string[] Resources =
        ["limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"];

    public static void Variables(ApiList<EnvVar> variables, PodSpecContext pod, FieldPath container, FieldErrorList errors)
    {
        for (var i = 0; i < variables.Count; i++)
        {
            var variable = variables[i];
            if (variable.Name.Length == 0)
            {
                errors.Missing(container.Child("env").Index(i), "name");
            }
            else if (Formats.EnvironmentName(variable.Name) is { Count: > 0 } faults)
            {
                errors.InvalidEach(container.Child("env").Index(i), "name", variable.Name, faults);
            }

            if (variable.ValueFrom is not null)
            {
                Source(variable, container.Child("env").Index(i).Child("valueFrom"), errors);
            }
        }

        for (var i = 0; i < variables.Count; i++)
        {
            if (variables[i].ValueFrom?.FileKeyRef is { } file)
            {
                FileVolume(file, pod, container.Child("env").Index(i).Child("valueFrom", "fileKeyRef"), errors);
            }
        }
    }

    public static void Sources(ApiList<EnvFromSource> sources, FieldPath container, FieldErrorList errors)
    {
        for (var i = 0; i < sources.Count; i++)
        {
            var source = sources[i];
            var list = container.Child("envFrom");
            if (source.Prefix.Length > 0)
            {
                errors.InvalidEach(list.Index(i), "prefix", source.Prefix, Formats.EnvironmentName(source.Prefix));
            }

            var count = 0;
            if (source.ConfigMapRef is { } map)
            {
                count++;
                Name(map.Name, list.Index(i).Child("configMapRef"), errors);
            }

            if (source.SecretRef is { } secret)
            {
                count++;
                Name(secret.Name, list.Index(i).Child("secretRef"), errors);
            }

            if (count == 0)
            {
                errors.Invalid(list, "", "must specify one of: `configMapRef` or `secretRef`");
            }
            else if (count > 1)
            {
                errors.Invalid(list, "", "may not have more than one field specified at a time");
            }
        }
    }

    /// <summary>A field of the pod; <paramref name="volume"/> for files of a downward API volume, which have labels and annotations whole.</summary>
    public static void FieldRef(ObjectFieldSelector selector, FieldPath path, FieldErrorList errors, bool volume)
    {
        if (selector.ApiVersion.Length == 0)
        {
            errors.Missing(path, "apiVersion");
            return;
        }

        if (selector.FieldPath.Length == 0)
        {
            errors.Missing(path, "fieldPath");
            return;
        }

        var (field, subscript) = Split(selector.FieldPath);
        var known = field is "metadata.annotations" or "metadata.labels" or "metadata.name" or "metadata.namespace" or "metadata.uid" or "spec.nodeName" or "spec.restartPolicy"
            or "spec.serviceAccountName" or "spec.schedulerName" or "status.phase" or "status.hostIP" or "status.hostIPs" or "status.podIP" or "status.podIPs" or "spec.host";
        if (selector.ApiVersion != "v1")
        {
            errors.Invalid(path, "fieldPath", selector.FieldPath, $"error converting fieldPath: unsupported pod version: {selector.ApiVersion}");
            return;
        }

        if (subscript is not null && field is not ("metadata.annotations" or "metadata.labels"))
        {
            errors.Invalid(path, "fieldPath", selector.FieldPath, $"error converting fieldPath: field label does not support subscript: {selector.FieldPath}");
            return;
        }

        if (!known && subscript is null)
        {
            errors.Invalid(path, "fieldPath", selector.FieldPath, $"error converting fieldPath: field label not supported: {selector.FieldPath}");
            return;
        }

        if (subscript is not null)
        {
            var key = field == "metadata.annotations" ? subscript.ToLowerInvariant() : subscript;
            errors.InvalidEach(path, key, Formats.QualifiedName(key));
            return;
        }

        field = field == "spec.host" ? "spec.nodeName" : field;

        string[] supported = volume ? ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"] : FieldPaths;
        if (!supported.Contains(field))
        {
            errors.NotSupportedInOrder(path.Child("fieldPath"), field, supported);
        }
    }

    public static void ResourceRef(ResourceFieldSelector selector, FieldPath path, FieldErrorList errors, bool volume)
    {
        if (volume && selector.ContainerName.Length == 0)
        {
            errors.Missing(path, "containerName");
        }
        else if (selector.Resource.Length == 0)
        {
            errors.Missing(path, "resource");
        }
        else if (!Resources.Contains(selector.Resource) && !selector.Resource.StartsWith("limits.hugepages-", StringComparison.Ordinal)
            && !selector.Resource.StartsWith("requests.hugepages-", StringComparison.Ordinal))
        {
            errors.NotSupportedInOrder(path.Child("resource"), selector.Resource, Resources);
        }

        Divisor(selector, path, errors);
    }

    public static (string Field, string? Subscript) Split(string fieldPath)
    {
        if (fieldPath.EndsWith("']", StringComparison.Ordinal) && fieldPath.IndexOf("['", StringComparison.Ordinal) is var open and > 0)
        {
            return (fieldPath[..open], fieldPath[(open + 2)..^2]);
        }

        return (fieldPath, null);
    }

    private static void Divisor(ResourceFieldSelector selector, FieldPath path, FieldErrorList errors)
    {
        var divisor = selector.Divisor is null || selector.Divisor.IsZero ? "1" : selector.Divisor.ToString();
        var text = selector.Resource switch
        {
            "limits.cpu" or "requests.cpu" when divisor is not ("1" or "1m") => "only divisor's values 1m and 1 are supported with the cpu resource",
            "limits.memory" or "requests.memory" when !IsBinaryOrDecimal(divisor) =>
                "only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the memory resource",
            "limits.ephemeral-storage" or "requests.ephemeral-storage" when !IsBinaryOrDecimal(divisor) =>
                "only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the local ephemeral storage resource",
            _ when (selector.Resource.StartsWith("limits.hugepages-", StringComparison.Ordinal) || selector.Resource.StartsWith("requests.hugepages-", StringComparison.Ordinal)) && !IsBinaryOrDecimal(divisor) =>
                "only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the hugepages resource",
            _ => null,
        };
        if (text is not null)
        {
            errors.Invalid(path, "divisor", selector.Resource, text);
        }
    }

    private static bool IsBinaryOrDecimal(string divisor) => divisor is "1" or "1k" or "1M" or "1G" or "1T" or "1P" or "1E" or "1Ki" or "1Mi" or "1Gi" or "1Ti" or "1Pi" or "1Ei";

    private static void Source(EnvVar variable, FieldPath path, FieldErrorList errors)
    {
        var source = variable.ValueFrom!;
        var count = 0;
        if (source.FieldRef is { } field)
        {
            count++;
            FieldRef(field, path.Child("fieldRef"), errors, volume: false);
        }

        if (source.ResourceFieldRef is { } resource)
        {
            count++;
            ResourceRef(resource, path.Child("resourceFieldRef"), errors, volume: false);
        }

        if (source.ConfigMapKeyRef is { } map)
        {
            count++;
            Key(map.Name, map.Key, path.Child("configMapKeyRef"), errors);
        }

        if (source.SecretKeyRef is { } secret)
        {
            count++;
            Key(secret.Name, secret.Key, path.Child("secretKeyRef"), errors);
        }

        if (source.FileKeyRef is { } file)
        {
            count++;
            FileKey(file, path.Child("fileKeyRef"), errors);
        }

        if (count == 0)
        {
            errors.Invalid(path, "", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`");
        }
        else if (variable.Value.Length > 0)
        {
            errors.Invalid(path, "", "may not be specified when `value` is not empty");
        }
        else if (count > 1)
        {
            errors.Invalid(path, "", "may not have more than one field specified at a time");
        }
    }

    private static void Key(string name, string key, FieldPath path, FieldErrorList errors)
    {
        errors.InvalidEach(path, "name", name, Formats.DnsSubdomain(name));
        if (key.Length == 0)
        {
            errors.Missing(path, "key");
        }
        else
        {
            errors.InvalidEach(path, "key", key, Formats.ConfigKey(key));
        }
    }

    private static void FileKey(FileKeySelector selector, FieldPath path, FieldErrorList errors)
    {
        if (selector.Key.Length == 0)
        {
            errors.Missing(path, "key");
        }
        else
        {
            errors.InvalidEach(path, "key", selector.Key, Formats.EnvironmentName(selector.Key));
        }

        if (selector.VolumeName.Length == 0)
        {
            errors.Missing(path, "volumeName");
        }

        if (selector.Path.Length == 0)
        {
            errors.Missing(path, "path");
        }
        else
        {
            VolumeSourceValidator.LocalNonReservedPath(selector.Path, path.Child("path"), errors);
        }

    }

    private static void FileVolume(FileKeySelector selector, PodSpecContext pod, FieldPath path, FieldErrorList errors)
    {
        if (!pod.Volumes.TryGetValue(selector.VolumeName, out var volume))
        {
            errors.NotFound(path.Child("volumeName"), selector.VolumeName);
        }
        else if (volume.EmptyDir is null)
        {
            errors.Invalid(path, "volumeName", selector.VolumeName, "referenced volume must be of type emptyDir");
        }
    }

    private static void Name(string name, FieldPath path, FieldErrorList errors)
    {
        if (name.Length == 0)
        {
            errors.Missing(path, "name");
        }
        else
        {
            errors.InvalidEach(path, "name", name, Formats.DnsSubdomain(name));
        }
    }
}
