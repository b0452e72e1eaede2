using System.Globalization;
using Orchestrator.Agent.Variables;
using Orchestrator.Agent.Images;
using Orchestrator.Agent.Runtime;
using Orchestrator.Agent.Volumes;
using Orchestrator.Api;
using Orchestrator.Api.Json;

namespace Orchestrator.Agent.Pods.Containers;

/// <summary>Says to the runtime what a container is to be.</summary>
internal sealed class ContainerConfigBuilder(
    ContainerEnvironment environment, SubPaths subPaths, SandboxConfigBuilder sandboxes, UserNamespaces users, PodPaths paths, NodeFacts node)
{
    private const UnixFileMode WritableByAll =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    private const UnixFileMode ReadableByAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>The configuration of a container.</summary>
    /// <exception cref="ContainerConfigException">It cannot be made as the cluster is now.</exception>
    public async Task<Cri.ContainerConfig> BuildAsync(ContainerStart start, CancellationToken cancellationToken)
    {
        var (pod, container, image) = (start.Pod, start.Container, start.Image);
        long? imageUid = image.Uid?.Value;
        if (ContainerSecurity.NonRootViolation(pod, container, imageUid, image.Username) is { } violation)
        {
            throw new ContainerConfigException(violation);
        }

        var variables = await environment.BuildAsync(
            pod, container, start.PodAddresses, v => start.Volumes.GetValueOrDefault(v)?.HostPath, cancellationToken);
        var lookup = variables.ToDictionary();
        string Expand(string text) => Expansion.Expand(text, lookup.GetValueOrDefault);

        var config = new Cri.ContainerConfig
        {
            Metadata = new() { Name = container.Name, Attempt = (uint)start.RestartCount },
            Image = new() { Image = image.Id, UserSpecifiedImage = container.Image },
            Command = { container.Command.Select(Expand) },
            Args = { container.Args.Select(Expand) },
            WorkingDir = container.WorkingDir,
            Envs = { variables.Select(v => new Cri.KeyValue { Key = v.Key, Value = v.Value }) },
            LogPath = PodPaths.LogFile(container.Name, start.RestartCount),
            Stdin = container.Stdin,
            StdinOnce = container.StdinOnce,
            Tty = container.Tty,
            Linux = new()
            {
                Resources = ContainerResources.Build(pod, container, node.MemoryCapacity),
                SecurityContext = ContainerSecurity.Build(pod, container, imageUid, image.Username, users.Of(pod), paths.SeccompProfile, start.TargetContainerId),
            },
            Labels =
            {
                [ContainerLabels.PodName] = pod.Metadata.Name,
                [ContainerLabels.PodNamespace] = pod.Metadata.Namespace,
                [ContainerLabels.PodUid] = pod.Metadata.Uid,
                [ContainerLabels.ContainerName] = container.Name,
            },
            Annotations =
            {
                [ContainerLabels.Hash] = container.DefinitionHash,
                [ContainerLabels.RestartCount] = start.RestartCount.ToString(CultureInfo.InvariantCulture),
                [ContainerLabels.TerminationMessagePath] = container.TerminationMessagePath,
                [ContainerLabels.TerminationMessagePolicy] = container.TerminationMessagePolicy,
                [ContainerLabels.Resources] = container.Resources.ToString(),
            },
        };
        if (pod.Spec.TerminationGracePeriodSeconds is { } grace)
        {
            config.Annotations[ContainerLabels.PodTerminationGracePeriod] = grace.ToString(CultureInfo.InvariantCulture);
        }

        if (container.Lifecycle?.StopSignal is { Length: > 0 } signal && Enum.TryParse<Cri.Signal>(signal.Replace("+", "plus").Replace("-", "minus"), ignoreCase: true, out var parsed))
        {
            config.StopSignal = parsed;
        }

        AddVolumeMounts(config, start, Expand);
        AddHostsFile(config, start);
        AddTerminationLog(config, start);
        MapOwners(config);
        return config;
    }

    private void AddVolumeMounts(Cri.ContainerConfig config, ContainerStart start, Func<string, string> expand)
    {
        var (pod, container) = (start.Pod, start.Container);
        for (var i = 0; i < container.VolumeMounts.Count; i++)
        {
            var mount = container.VolumeMounts[i];
            var volume = start.Volumes.GetValueOrDefault(mount.Name)
                ?? throw new ContainerConfigException($"cannot find volume \"{mount.Name}\" to mount into container \"{container.Name}\"");
            var subPath = mount.SubPath;
            if (mount.SubPathExpr.Length > 0)
            {
                subPath = ExpandStrictly(mount.SubPathExpr, expand);
            }

            var target = mount.MountPath.StartsWith('/') ? mount.MountPath : "/" + mount.MountPath;
            var entry = new Cri.Mount
            {
                ContainerPath = target,
                Readonly = mount.ReadOnly || volume.ReadOnly,
                RecursiveReadOnly = IsRecursivelyReadOnly(mount, start.Handler),
                Propagation = mount.MountPropagation switch
                {
                    "HostToContainer" => Cri.MountPropagation.PropagationHostToContainer,
                    "Bidirectional" => Cri.MountPropagation.PropagationBidirectional,
                    _ => Cri.MountPropagation.PropagationPrivate,
                },
            };
            entry.HostPath = subPath.Length > 0
                ? subPaths.Prepare(pod.Metadata.Uid, volume.HostPath, mount.Name, container.Name, i, subPath)
                : volume.HostPath;
            config.Mounts.Add(entry);
        }
    }

    /// <summary>Whether what is mounted below a mount is to be read-only, too.</summary>
    private static bool IsRecursivelyReadOnly(VolumeMount mount, Cri.RuntimeHandlerFeatures handler)
    {
        if (mount.RecursiveReadOnly is not ("IfPossible" or "Enabled"))
        {
            return false;
        }

        string? fault = !mount.ReadOnly ? "it is not read-only"
            : mount.MountPropagation is { Length: > 0 } and not "None" ? $"it is not compatible with propagation \"{mount.MountPropagation}\""
            : mount.RecursiveReadOnly == "Enabled" && !handler.RecursiveReadOnlyMounts ? "it is not supported by the runtime"
            : null;
        return fault is null
            ? handler.RecursiveReadOnlyMounts
            : throw new ContainerConfigException($"failed to resolve recursive read-only mode: volume \"{mount.Name}\" requested recursive read-only mode, but {fault}");
    }

    /// <summary>In a user namespace of its own a container sees the owners of its files as they are, by way of the pod's mapping.</summary>
    private static void MapOwners(Cri.ContainerConfig config)
    {
        if (config.Linux.SecurityContext.NamespaceOptions.UsernsOptions is not { Mode: Cri.NamespaceMode.Pod } users)
        {
            return;
        }

        foreach (var mount in config.Mounts)
        {
            mount.UidMappings.Add(users.Uids);
            mount.GidMappings.Add(users.Gids);
        }
    }

    private void AddHostsFile(Cri.ContainerConfig config, ContainerStart start)
    {
        if (start.PodAddresses.Count == 0 || config.Mounts.Any(m => m.ContainerPath == "/etc/hosts"))
        {
            return;
        }

        var path = paths.HostsFile(start.Pod.Metadata.Uid);
        var (hostname, domain) = sandboxes.HostnameAndDomain(start.Pod);
        File.WriteAllText(path, HostsFile.Text(start.Pod, start.PodAddresses, hostname, domain));
        File.SetUnixFileMode(path, ReadableByAll);
        config.Mounts.Add(new Cri.Mount { ContainerPath = "/etc/hosts", HostPath = path });
    }

    private void AddTerminationLog(Cri.ContainerConfig config, ContainerStart start)
    {
        if (start.Container.TerminationMessagePath.Length == 0)
        {
            return;
        }

        // A file per run: the last one's must not be the next one's message.
        var folder = paths.ContainerFolder(start.Pod.Metadata.Uid, start.Container.Name);
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, start.RestartCount.ToString("x8", CultureInfo.InvariantCulture));
        File.WriteAllBytes(path, []);
        File.SetUnixFileMode(path, WritableByAll);
        config.Mounts.Add(new Cri.Mount { ContainerPath = start.Container.TerminationMessagePath, HostPath = path });
    }

    /// <summary>An expression must not lose a variable silently: half a path is another folder.</summary>
    private static string ExpandStrictly(string expression, Func<string, string> expand)
    {
        var missing = new List<string>();
        Expansion.Expand(expression, name =>
        {
            var reference = $"$({name})";
            if (expand(reference) == reference)
            {
                missing.Add(name);
            }

            return "";
        });
        return missing.Count == 0 ? expand(expression) : throw new ContainerConfigException($"missing value for {string.Join(", ", missing.Distinct().Order(StringComparer.Ordinal))}");
    }
}
