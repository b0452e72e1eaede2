using System.Text;
using Orchestrator.Agent.Variables;
using Orchestrator.Agent.Pods;
using Orchestrator.Agent.Pods.Containers;
using Orchestrator.Api;

namespace Orchestrator.Agent.Volumes;

/// <summary>Makes the files of configMap, secret, downwardAPI and projected volumes.</summary>
internal sealed class FileSources(INodeApi api, TokenCache tokens, NodeFacts node, TimeProvider time)
{
    private const int DefaultMode = 0b110_100_100;
    private const int PrivateMode = 0b110_000_000;

    public async Task<Dictionary<string, ProjectedFile>> ConfigMapAsync(
        Pod pod, string name, ApiList<KeyToPath> items, int? mode, bool optional, CancellationToken cancellationToken)
    {
        var configMap = await api.GetConfigMapAsync(pod.Metadata.Namespace, name, cancellationToken);
        if (configMap is null && !optional)
        {
            throw new VolumeException($"configmap \"{name}\" not found");
        }

        var data = new Dictionary<string, byte[]>();
        foreach (var (key, text) in configMap?.Data ?? ApiMap<string>.Empty)
        {
            data[key] = Encoding.UTF8.GetBytes(text);
        }

        foreach (var (key, bytes) in configMap?.BinaryData ?? ApiMap<byte[]>.Empty)
        {
            data[key] = bytes;
        }

        return Select(data, items, mode, optional, "configmap references non-existent config key");
    }

    public async Task<Dictionary<string, ProjectedFile>> SecretAsync(
        Pod pod, string name, ApiList<KeyToPath> items, int? mode, bool optional, CancellationToken cancellationToken)
    {
        var secret = await api.GetSecretAsync(pod.Metadata.Namespace, name, cancellationToken);
        if (secret is null && !optional)
        {
            throw new VolumeException($"secret \"{name}\" not found");
        }

        return Select((secret?.Data ?? ApiMap<byte[]>.Empty).ToDictionary(), items, mode, optional, "references non-existent secret key");
    }

    public Dictionary<string, ProjectedFile> DownwardApi(Pod pod, ApiList<DownwardAPIVolumeFile> items, int? mode)
    {
        var described = pod.WithSourceAnnotations(time.GetUtcNow());
        var files = new Dictionary<string, ProjectedFile>();
        foreach (var item in items)
        {
            string text;
            try
            {
                text = item switch
                {
                    { FieldRef: { } field } => Variables.DownwardApi.Field(described, field.FieldPath, [.. pod.Status.PodIPs.Select(a => a.Ip)], node.AddressTexts),
                    { ResourceFieldRef: { } resource } => Variables.DownwardApi.Resource(pod, resource, resource.ContainerName, node.Allocatable),
                    _ => "",
                };
            }
            catch (ContainerConfigException e)
            {
                throw new VolumeException(e.Message);
            }

            files[item.Path] = new(Encoding.UTF8.GetBytes(text), item.Mode ?? mode ?? DefaultMode);
        }

        return files;
    }

    public async Task<Dictionary<string, ProjectedFile>> ProjectedAsync(Pod pod, ProjectedVolumeSource source, CancellationToken cancellationToken)
    {
        var files = new Dictionary<string, ProjectedFile>();
        var failures = new List<string>();
        foreach (var part in source.Sources)
        {
            try
            {
                foreach (var (path, file) in await PartAsync(pod, part, source.DefaultMode, cancellationToken))
                {
                    files[path] = file;
                }
            }
            catch (VolumeException e)
            {
                failures.Add(e.Message);
            }
        }

        // All that is missing, at once.
        return failures.Distinct().ToList() switch
        {
            [] => files,
            [var one] => throw new VolumeException(one),
            var several => throw new VolumeException($"[{string.Join(", ", several)}]"),
        };
    }

    private async Task<Dictionary<string, ProjectedFile>> PartAsync(Pod pod, VolumeProjection part, int? mode, CancellationToken cancellationToken) => part switch
    {
        { ConfigMap: { } c } => await ConfigMapAsync(pod, c.Name, c.Items, mode, c.Optional == true, cancellationToken),
        { Secret: { } s } => await SecretAsync(pod, s.Name, s.Items, mode, s.Optional == true, cancellationToken),
        { DownwardAPI: { } d } => DownwardApi(pod, d.Items, mode),
        { ServiceAccountToken: { } t } => await TokenAsync(pod, t, mode, cancellationToken),
        _ => throw new VolumeException("this kind of projected source is not supported by this node"),
    };

    private async Task<Dictionary<string, ProjectedFile>> TokenAsync(Pod pod, ServiceAccountTokenProjection projection, int? mode, CancellationToken cancellationToken)
    {
        var token = await tokens.GetAsync(pod, projection.Audience, projection.ExpirationSeconds ?? 3600, cancellationToken);

        // A token for one user or group must not be read by the others.
        var user = CommonUser(pod);
        var isPrivate = user is not null || pod.Spec.SecurityContext?.FsGroup is not null;
        return new() { [projection.Path] = new(Encoding.UTF8.GetBytes(token), isPrivate ? PrivateMode : mode ?? DefaultMode, user) };
    }

    private static long? CommonUser(Pod pod)
    {
        var users = pod.AllContainers.Select(c => ContainerSecurity.RunAsUser(pod, c)).Distinct().ToList();
        return users.Count == 1 ? users[0] : null;
    }

    private static Dictionary<string, ProjectedFile> Select(
        Dictionary<string, byte[]> data, ApiList<KeyToPath> items, int? mode, bool optional, string missing)
    {
        var files = new Dictionary<string, ProjectedFile>();
        if (items.Count == 0)
        {
            foreach (var (key, bytes) in data)
            {
                files[key] = new(bytes, mode ?? DefaultMode);
            }

            return files;
        }

        foreach (var item in items)
        {
            if (data.TryGetValue(item.Key, out var bytes))
            {
                files[item.Path] = new(bytes, item.Mode ?? mode ?? DefaultMode);
            }
            else if (!optional)
            {
                throw new VolumeException($"{missing}: {item.Key}");
            }
        }

        return files;
    }
}
