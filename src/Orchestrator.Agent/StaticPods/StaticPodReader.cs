using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Orchestrator.Agent.Pods;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Client.Manifests;
using YamlDotNet.Core;

namespace Orchestrator.Agent.StaticPods;

/// <summary>Reads pods from the manifests in a folder of the node.</summary>
/// <remarks>
/// A pod's uid is made from the node's name, the file's path and the definition, so it is the same after a restart of the agent, and a
/// changed definition is another pod. Its name ends in the node's: the folders of several nodes may hold the same manifests.
/// </remarks>
internal sealed partial class StaticPodReader(NodeAgentOptions options, TimeProvider time, ILogger<StaticPodReader> logger)
{
    private readonly Dictionary<string, (DateTime Written, long Length, Pod? Pod)> _read = [];

    /// <summary>The pods of all readable manifests; a file that holds no pod is told of once and left out.</summary>
    public IReadOnlyList<Pod> Read(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return [];
        }

        var pods = new List<Pod>();
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles().Where(static f => !f.Name.StartsWith('.')).OrderBy(static f => f.Name, StringComparer.Ordinal))
        {
            if (!_read.TryGetValue(file.FullName, out var known) || known.Written != file.LastWriteTimeUtc || known.Length != file.Length)
            {
                known = _read[file.FullName] = (file.LastWriteTimeUtc, file.Length, ReadFile(file.FullName));
            }

            // Two files may claim one name; the first keeps it.
            if (known.Pod is { } pod && pods.All(p => p.Key != pod.Key))
            {
                pods.Add(pod);
            }
        }

        return pods;
    }

    private Pod? ReadFile(string path)
    {
        try
        {
            var trees = YamlTree.Read(new StringReader(File.ReadAllText(path)));
            if (trees is not [ApiMap<object?> tree])
            {
                LogUnreadable(path, "a manifest is one pod");
                return null;
            }

            if (tree.GetValueOrDefault("kind") as string != "Pod" || tree.GetValueOrDefault("apiVersion") as string != "v1")
            {
                LogUnreadable(path, "its kind is not Pod of v1");
                return null;
            }

            var pod = ApiJson.Read<Pod>(ApiJson.WriteValueToArray(tree));
            if (pod.Metadata.Name.Length == 0 || pod.Spec.Containers.Count == 0)
            {
                LogUnreadable(path, "the pod has no name, or no containers");
                return null;
            }

            return Complete(path, pod);
        }
        catch (Exception e) when (e is YamlException or JsonException or ApiDecodeException or IOException or UnauthorizedAccessException)
        {
            // Half written, or wrong: it is read again when it changes.
            LogUnreadable(path, e.Message);
            return null;
        }
    }

    private Pod Complete(string path, Pod pod)
    {
        var definition = ApiJson.WriteToArray(pod);

#pragma warning disable CA5351 // Not a secret: a short name for a definition.
        var uid = pod.Metadata.Uid.Length > 0
            ? pod.Metadata.Uid
            : Convert.ToHexStringLower(MD5.HashData([.. Encoding.UTF8.GetBytes($"host:{options.NodeName}file:{path}"), .. definition]));
#pragma warning restore CA5351
        return StaticPodDefaults.Apply(pod with
        {
            Metadata = pod.Metadata with
            {
                Uid = uid,
                Name = $"{pod.Metadata.Name}-{options.NodeName.ToLowerInvariant()}",
                Namespace = pod.Metadata.Namespace.Length > 0 ? pod.Metadata.Namespace : "default",
                Generation = 0,
                Annotations = pod.Metadata.Annotations
                    .With(PodExtensions.ConfigHashAnnotation, uid)
                    .With(PodExtensions.ConfigSourceAnnotation, "file")
                    .With(PodExtensions.ConfigSeenAnnotation, ApiTime.FormatMicro(time.GetUtcNow())),
            },
            Spec = pod.Spec with
            {
                NodeName = options.NodeName,
                Tolerations = [.. pod.Spec.Tolerations, new Toleration { Operator = "Exists", Effect = "NoExecute" }],
            },
            Status = new() { Phase = "Pending" },
        });
    }

    [LoggerMessage(5851, LogLevel.Warning, "The manifest {Path} makes no static pod: {Reason}")]
    private partial void LogUnreadable(string path, string reason);
}
