using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission.Plugins;

/// <summary>A pod runs as a service account that exists, gets its pull secrets, and a token volume unless it or the account says no.</summary>
internal sealed class ServiceAccountAdmission(IObjectLister objects, Random random) : IMutatingAdmission, IValidatingAdmission
{
    private const string DefaultAccount = "default";
    private const string TokenPath = "/var/run/secrets/kubernetes.io/serviceaccount";
    private const string VolumePrefix = "kube-api-access-";
    private const string NameCharacters = "bcdfghjklmnpqrstvwxz2456789";
    private const string EnforceMountableSecrets = "kubernetes.io/enforce-mountable-secrets";

    /// <summary>A little over an hour, which upstream's agents ask for: such tokens warn when they are used after it.</summary>
    private const long TokenSeconds = (60 * 60) + 7;

    private static readonly ProjectedVolumeSource TokenSource = new()
    {
        DefaultMode = 420,
        Sources =
        [
            new() { ServiceAccountToken = new ServiceAccountTokenProjection { ExpirationSeconds = TokenSeconds, Path = "token" } },
            new() { ConfigMap = new ConfigMapProjection { Name = "kube-root-ca.crt", Items = [new KeyToPath { Key = "ca.crt", Path = "ca.crt" }] } },
            new()
            {
                DownwardAPI = new DownwardAPIProjection
                {
                    Items = [new DownwardAPIVolumeFile { Path = "namespace", FieldRef = new ObjectFieldSelector { ApiVersion = "v1", FieldPath = "metadata.namespace" } }],
                },
            },
        ],
    };

    private readonly Lock _randomLock = new();

    public string Name => "ServiceAccount";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) =>
        resource is { Group: "", Resource: "pods" }
        && (operation == AdmissionOperation.Create ? subresource.Length == 0 : operation == AdmissionOperation.Update && subresource == "ephemeralcontainers");

    public ValueTask AdmitAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes.Operation != AdmissionOperation.Create || attributes.Object is not Pod pod)
        {
            return default;
        }

        // Mirror pods show what runs on a node already; what they say stays.
        if (PodReferences.IsMirror(pod))
        {
            return ValidateAsync(attributes, cancellationToken);
        }

        var spec = pod.Own<PodSpec>(Pod.Fields.Spec);
        var name = spec.ServiceAccountName.Length > 0 ? spec.ServiceAccountName : spec.ServiceAccount.Length > 0 ? spec.ServiceAccount : DefaultAccount;
        spec.Set(PodSpec.Fields.ServiceAccountName, name);
        spec.Set(PodSpec.Fields.ServiceAccount, name);
        var account = FindAccount(attributes, name);
        if (spec.AutomountServiceAccountToken ?? account.AutomountServiceAccountToken ?? true)
        {
            MountToken(spec);
        }

        if (spec.ImagePullSecrets.Count == 0 && account.ImagePullSecrets.Count > 0)
        {
            spec.Set(PodSpec.Fields.ImagePullSecrets, account.ImagePullSecrets);
        }

        return ValidateAsync(attributes, cancellationToken);
    }

    public ValueTask ValidateAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes.Object is not Pod pod)
        {
            return default;
        }

        var isNew = attributes.Operation == AdmissionOperation.Create;
        if (isNew && PodReferences.IsMirror(pod))
        {
            RequireNoReferences(pod, attributes);
            return default;
        }

        if (pod.Spec.ServiceAccountName.Length == 0)
        {
            throw attributes.Forbidden($"no service account specified for pod {attributes.Namespace}/{pod.Metadata.Name}");
        }

        var account = FindAccount(attributes, pod.Spec.ServiceAccountName);
        if (account.Metadata.Annotations.GetValueOrDefault(EnforceMountableSecrets) is "true" or "True" or "TRUE" or "1" or "t" or "T")
        {
            RequireKnownSecrets(pod, account, attributes, onlyEphemeral: !isNew);
        }

        return default;
    }

    private ServiceAccount FindAccount(AdmissionAttributes attributes, string name) =>
        objects.Get<ServiceAccount>(attributes.Namespace, name)
        ?? throw attributes.Forbidden($"error looking up service account {attributes.Namespace}/{name}: serviceaccount \"{name}\" not found");

    private void MountToken(PodSpec spec)
    {
        string? volume = null;
        foreach (var existing in spec.Volumes)
        {
            if (existing.Name.StartsWith(VolumePrefix, StringComparison.Ordinal))
            {
                volume = existing.Name;
                break;
            }
        }

        var isNew = volume is null;
        volume ??= MakeName(spec);
        var mount = new VolumeMount { Name = volume, ReadOnly = true, MountPath = TokenPath };
        var mounted = Mount(spec.InitContainers, mount) | Mount(spec.Containers, mount);
        if (isNew && mounted)
        {
            spec.Set(PodSpec.Fields.Volumes, (ApiList<Volume>)[.. spec.Volumes, new Volume { Name = volume, Projected = TokenSource }]);
        }
    }

    private static bool Mount(ApiList<Container> containers, VolumeMount mount)
    {
        var mounted = false;
        foreach (var container in containers)
        {
            if (!container.VolumeMounts.Any(static m => m.MountPath == TokenPath))
            {
                container.Set(Container.Fields.VolumeMounts, (ApiList<VolumeMount>)[.. container.VolumeMounts, mount]);
                mounted = true;
            }
        }

        return mounted;
    }

    private string MakeName(PodSpec spec)
    {
        while (true)
        {
            string name;
            lock (_randomLock)
            {
                name = VolumePrefix + new string(random.GetItems<char>(NameCharacters, 5));
            }

            if (!spec.Volumes.Any(v => v.Name == name))
            {
                return name;
            }
        }
    }

    private static void RequireNoReferences(Pod pod, AdmissionAttributes attributes)
    {
        if (pod.Spec.ServiceAccountName.Length > 0)
        {
            throw attributes.Forbidden("a mirror pod may not reference service accounts");
        }

        if (PodReferences.Secrets(pod.Spec).Any())
        {
            throw attributes.Forbidden("a mirror pod may not reference secrets");
        }

        if (pod.Spec.Volumes.Any(static v => v.Projected?.Sources.Any(static s => s.ServiceAccountToken is not null) == true))
        {
            throw attributes.Forbidden("a mirror pod may not use ServiceAccountToken volume projections");
        }
    }

    private static void RequireKnownSecrets(Pod pod, ServiceAccount account, AdmissionAttributes attributes, bool onlyEphemeral)
    {
        var known = account.Secrets.Select(static s => s.Name).ToHashSet(StringComparer.Ordinal);
        var tail = $" is not allowed because service account {account.Metadata.Name} does not reference that secret";
        if (!onlyEphemeral)
        {
            foreach (var volume in pod.Spec.Volumes)
            {
                if (volume.Secret is { } source && !known.Contains(source.SecretName))
                {
                    throw attributes.Forbidden($"volume with secret.secretName=\"{source.SecretName}\"{tail}");
                }
            }

            Check(pod.Spec.InitContainers.Select(static c => (c.Name, c.Env, c.EnvFrom)), "init container");
            Check(pod.Spec.Containers.Select(static c => (c.Name, c.Env, c.EnvFrom)), "container");
        }

        Check(pod.Spec.EphemeralContainers.Select(static c => (c.Name, c.Env, c.EnvFrom)), "ephemeral container");
        if (!onlyEphemeral)
        {
            for (var i = 0; i < pod.Spec.ImagePullSecrets.Count; i++)
            {
                var name = pod.Spec.ImagePullSecrets[i].Name;
                if (!account.ImagePullSecrets.Any(s => s.Name == name))
                {
                    throw attributes.Forbidden(
                        $"imagePullSecrets[{i}].name=\"{name}\" is not allowed because service account {account.Metadata.Name} does not reference that imagePullSecret");
                }
            }
        }

        void Check(IEnumerable<(string Name, ApiList<EnvVar> Env, ApiList<EnvFromSource> From)> containers, string what)
        {
            foreach (var (name, env, from) in containers)
            {
                foreach (var variable in env)
                {
                    if (variable.ValueFrom?.SecretKeyRef is { } key && !known.Contains(key.Name))
                    {
                        throw attributes.Forbidden($"{what} {name} with envVar {variable.Name} referencing secret.secretName=\"{key.Name}\"{tail}");
                    }
                }

                foreach (var source in from)
                {
                    if (source.SecretRef is { } reference && !known.Contains(reference.Name))
                    {
                        throw attributes.Forbidden($"{what} {name} with envFrom referencing secret.secretName=\"{reference.Name}\"{tail}");
                    }
                }
            }
        }
    }
}
