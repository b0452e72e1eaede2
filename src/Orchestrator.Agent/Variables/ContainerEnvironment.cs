using System.Text;
using Orchestrator.Agent.Pods;
using Orchestrator.Agent.Pods.Containers;
using Orchestrator.Api;

namespace Orchestrator.Agent.Variables;

/// <summary>Makes the environment of a container.</summary>
internal sealed class ContainerEnvironment(INodeApi api, NodeFacts node)
{
    /// <summary>The variables, in order: those of envFrom, then env, then the services'.</summary>
    /// <exception cref="ContainerConfigException">Something that they come from is missing and not optional.</exception>
    public async Task<IReadOnlyList<KeyValuePair<string, string>>> BuildAsync(
        Pod pod, Container container, IReadOnlyList<string> podAddresses, Func<string, string?> volumePath, CancellationToken cancellationToken)
    {
        var services = new Dictionary<string, string>(
            ServiceEnvironment.Of(api.Services, pod.Metadata.Namespace, pod.Spec.EnableServiceLinks ?? true));
        var order = new List<string>();
        var values = new Dictionary<string, string>();
        var configMaps = new Dictionary<string, ConfigMap?>();
        var secrets = new Dictionary<string, Secret?>();
        void Set(string name, string value)
        {
            if (values.TryAdd(name, value))
            {
                order.Add(name);
            }
            else
            {
                values[name] = value;
            }
        }

        async Task<ConfigMap?> ConfigMapAsync(string name) => configMaps.TryGetValue(name, out var known)
            ? known
            : configMaps[name] = await api.GetConfigMapAsync(pod.Metadata.Namespace, name, cancellationToken);

        async Task<Secret?> SecretAsync(string name) => secrets.TryGetValue(name, out var known)
            ? known
            : secrets[name] = await api.GetSecretAsync(pod.Metadata.Namespace, name, cancellationToken);

        foreach (var source in container.EnvFrom)
        {
            if (source.ConfigMapRef is { } configMapRef)
            {
                var configMap = await ConfigMapAsync(configMapRef.Name);
                if (configMap is null && configMapRef.Optional != true)
                {
                    throw new ContainerConfigException($"configmap \"{configMapRef.Name}\" not found");
                }

                foreach (var (key, value) in configMap?.Data ?? ApiMap<string>.Empty)
                {
                    Set(source.Prefix + key, value);
                }
            }

            if (source.SecretRef is { } secretRef)
            {
                var secret = await SecretAsync(secretRef.Name);
                if (secret is null && secretRef.Optional != true)
                {
                    throw new ContainerConfigException($"secret \"{secretRef.Name}\" not found");
                }

                foreach (var (key, value) in secret?.Data ?? ApiMap<byte[]>.Empty)
                {
                    Set(source.Prefix + key, Encoding.UTF8.GetString(value));
                }
            }
        }

        foreach (var variable in container.Env)
        {
            if (variable.Value.Length > 0 || variable.ValueFrom is null)
            {
                Set(variable.Name, Expansion.Expand(variable.Value, n => values.GetValueOrDefault(n) ?? services.GetValueOrDefault(n)));
                continue;
            }

            var from = variable.ValueFrom;
            if (from.FieldRef is { } field)
            {
                Set(variable.Name, DownwardApi.Field(pod, field.FieldPath, podAddresses, node.AddressTexts));
            }
            else if (from.ResourceFieldRef is { } resource)
            {
                Set(variable.Name, DownwardApi.Resource(pod, resource, container.Name, node.Allocatable));
            }
            else if (from.ConfigMapKeyRef is { } configMapKey)
            {
                var optional = configMapKey.Optional == true;
                if (await ConfigMapAsync(configMapKey.Name) is not { } configMap)
                {
                    _ = optional ? 0 : throw new ContainerConfigException($"configmap \"{configMapKey.Name}\" not found");
                }
                else if (configMap.Data.TryGetValue(configMapKey.Key, out var text))
                {
                    Set(variable.Name, text);
                }
                else if (!optional)
                {
                    throw new ContainerConfigException($"couldn't find key {configMapKey.Key} in ConfigMap {pod.Metadata.Namespace}/{configMapKey.Name}");
                }
            }
            else if (from.SecretKeyRef is { } secretKey)
            {
                var optional = secretKey.Optional == true;
                if (await SecretAsync(secretKey.Name) is not { } secret)
                {
                    _ = optional ? 0 : throw new ContainerConfigException($"secret \"{secretKey.Name}\" not found");
                }
                else if (secret.Data.TryGetValue(secretKey.Key, out var bytes))
                {
                    Set(variable.Name, Encoding.UTF8.GetString(bytes));
                }
                else if (!optional)
                {
                    throw new ContainerConfigException($"couldn't find key {secretKey.Key} in Secret {pod.Metadata.Namespace}/{secretKey.Name}");
                }
            }
            else if (from.FileKeyRef is { } file)
            {
                if (ReadFileKey(file, volumePath) is { } value)
                {
                    Set(variable.Name, value);
                }
                else if (file.Optional != true)
                {
                    throw new ContainerConfigException($"environment variable key \"{file.Key}\" not found in file \"{file.Path}\"");
                }
            }
        }

        foreach (var (name, value) in services.Where(s => !values.ContainsKey(s.Key)))
        {
            Set(name, value);
        }

        return [.. order.Select(name => KeyValuePair.Create(name, values[name]))];
    }

    /// <summary>A variable from a file of lines <c>NAME='value'</c> in a volume; null if it is not there.</summary>
    private static string? ReadFileKey(FileKeySelector selector, Func<string, string?> volumePath)
    {
        if (volumePath(selector.VolumeName) is not { } folder)
        {
            return null;
        }

        // The path is the pod's own; it must not lead out of the volume.
        var path = Path.GetFullPath(Path.Combine(folder, selector.Path));
        if (!path.StartsWith(folder + "/", StringComparison.Ordinal) || !File.Exists(path) || new FileInfo(path).LinkTarget is not null)
        {
            return null;
        }

        foreach (var line in File.ReadLines(path))
        {
            var text = line.Trim();
            var equals = text.IndexOf('=');
            if (equals > 0 && text[..equals] == selector.Key)
            {
                var value = text[(equals + 1)..].Trim();
                return value.Length >= 2 && value[0] is '\'' or '"' && value[^1] == value[0] ? value[1..^1] : value;
            }
        }

        return null;
    }
}
