using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Admission;

/// <summary>Which other objects a pod names.</summary>
internal static class PodReferences
{
    public const string MirrorAnnotation = "kubernetes.io/config.mirror";

    /// <summary>A pod that an agent shows for a static pod of its node.</summary>
    public static bool IsMirror(Pod pod) => pod.Metadata.Annotations.ContainsKey(MirrorAnnotation);

    /// <summary>Names of the secrets that a pod uses, in any way; a name may come twice.</summary>
    public static IEnumerable<string> Secrets(PodSpec spec)
    {
        foreach (var secret in spec.ImagePullSecrets)
        {
            yield return secret.Name;
        }

        foreach (var (env, from) in Environments(spec))
        {
            foreach (var variable in env)
            {
                if (variable.ValueFrom?.SecretKeyRef is { } key)
                {
                    yield return key.Name;
                }
            }

            foreach (var source in from)
            {
                if (source.SecretRef is { } reference)
                {
                    yield return reference.Name;
                }
            }
        }

        foreach (var volume in spec.Volumes)
        {
            var direct = volume.Secret?.SecretName ?? volume.AzureFile?.SecretName ?? volume.Cephfs?.SecretRef?.Name ?? volume.Cinder?.SecretRef?.Name
                ?? volume.FlexVolume?.SecretRef?.Name ?? volume.Rbd?.SecretRef?.Name ?? volume.ScaleIO?.SecretRef?.Name ?? volume.Iscsi?.SecretRef?.Name
                ?? volume.Storageos?.SecretRef?.Name ?? volume.Csi?.NodePublishSecretRef?.Name;
            if (direct is not null)
            {
                yield return direct;
            }

            foreach (var source in volume.Projected?.Sources ?? [])
            {
                if (source.Secret is { } secret)
                {
                    yield return secret.Name;
                }
            }
        }
    }

    /// <summary>Names of the config maps that a pod uses, in any way; a name may come twice.</summary>
    public static IEnumerable<string> ConfigMaps(PodSpec spec)
    {
        foreach (var (env, from) in Environments(spec))
        {
            foreach (var variable in env)
            {
                if (variable.ValueFrom?.ConfigMapKeyRef is { } key)
                {
                    yield return key.Name;
                }
            }

            foreach (var source in from)
            {
                if (source.ConfigMapRef is { } reference)
                {
                    yield return reference.Name;
                }
            }
        }

        foreach (var volume in spec.Volumes)
        {
            if (volume.ConfigMap is { } direct)
            {
                yield return direct.Name;
            }

            foreach (var source in volume.Projected?.Sources ?? [])
            {
                if (source.ConfigMap is { } map)
                {
                    yield return map.Name;
                }
            }
        }
    }

    /// <summary>Names of the claims that a pod mounts, those of its ephemeral volumes included.</summary>
    public static IEnumerable<string> Claims(Pod pod)
    {
        foreach (var volume in pod.Spec.Volumes)
        {
            if (volume.PersistentVolumeClaim is { } claim)
            {
                yield return claim.ClaimName;
            }
            else if (volume.Ephemeral is not null)
            {
                yield return pod.Metadata.Name + "-" + volume.Name;
            }
        }
    }

    private static IEnumerable<(ApiList<EnvVar> Env, ApiList<EnvFromSource> From)> Environments(PodSpec spec) =>
        spec.InitContainers.Select(static c => (c.Env, c.EnvFrom))
            .Concat(spec.Containers.Select(static c => (c.Env, c.EnvFrom)))
            .Concat(spec.EphemeralContainers.Select(static c => (c.Env, c.EnvFrom)));
}
