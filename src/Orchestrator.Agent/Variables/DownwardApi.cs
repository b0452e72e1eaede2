using System.Globalization;
using Orchestrator.Agent.Pods;
using Orchestrator.Agent.Pods.Containers;
using Orchestrator.Api;

namespace Orchestrator.Agent.Variables;

/// <summary>What a pod may learn of itself, in variables and files.</summary>
internal static class DownwardApi
{
    /// <summary>The value of a field.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="path">The field, e.g. <c>metadata.labels['app']</c>.</param>
    /// <param name="podAddresses">The pod's addresses.</param>
    /// <param name="hostAddresses">The node's addresses.</param>
    /// <exception cref="ContainerConfigException">There is no such field here.</exception>
    public static string Field(Pod pod, string path, IReadOnlyList<string> podAddresses, IReadOnlyList<string> hostAddresses)
    {
        if (Subscript(path, "metadata.labels") is { } label)
        {
            return pod.Metadata.Labels.GetValueOrDefault(label) ?? "";
        }

        if (Subscript(path, "metadata.annotations") is { } annotation)
        {
            return pod.Metadata.Annotations.GetValueOrDefault(annotation) ?? "";
        }

        return path switch
        {
            "metadata.name" => pod.Metadata.Name,
            "metadata.namespace" => pod.Metadata.Namespace,
            "metadata.uid" => pod.Metadata.Uid,
            "metadata.labels" => Lines(pod.Metadata.Labels),
            "metadata.annotations" => Lines(pod.Metadata.Annotations),
            "spec.nodeName" => pod.Spec.NodeName,
            "spec.serviceAccountName" => pod.Spec.ServiceAccountName,
            "status.hostIP" => hostAddresses.Count > 0 ? hostAddresses[0] : "",
            "status.hostIPs" => string.Join(',', hostAddresses),
            "status.podIP" => podAddresses.Count > 0 ? podAddresses[0] : "",
            "status.podIPs" => string.Join(',', podAddresses),
            _ => throw new ContainerConfigException($"unsupported fieldPath: {path}"),
        };
    }

    /// <summary>The value of a resource of a container; limits that are not set are the node's.</summary>
    /// <exception cref="ContainerConfigException">There is no such container or resource.</exception>
    public static string Resource(Pod pod, ResourceFieldSelector selector, string containerName, IReadOnlyDictionary<string, Quantity> allocatable)
    {
        var name = selector.ContainerName.Length > 0 ? selector.ContainerName : containerName;
        var container = pod.FindContainer(name) ?? throw new ContainerConfigException($"container {name} not found");
        var dot = selector.Resource.IndexOf('.');
        var side = dot < 0 ? "" : selector.Resource[..dot];
        var resource = selector.Resource[(dot + 1)..];
        var limit = container.Resources.Limits.GetValueOrDefault(resource);
        var quantity = side switch
        {
            "limits" => limit is { IsZero: false } ? limit : allocatable.GetValueOrDefault(resource),
            "requests" => container.Resources.Requests.GetValueOrDefault(resource) ?? limit,
            _ => throw new ContainerConfigException($"unsupported container resource : {selector.Resource}"),
        };
        if (quantity is null)
        {
            return "0";
        }

        var divisor = selector.Divisor is { IsZero: false } d ? d : Quantity.FromLong(1);
        var value = resource == "cpu"
            ? Math.Ceiling((double)quantity.MilliValue / divisor.MilliValue)
            : Math.Ceiling((double)quantity.Value / divisor.Value);
        return value.ToString("F0", CultureInfo.InvariantCulture);
    }

    /// <summary>A map as lines: <c>key="value"</c>, sorted, with escapes.</summary>
    public static string Lines(ApiMap<string> map) =>
        string.Join('\n', map.Select(e => $"{e.Key}={Quote(e.Value)}"));

    private static string Quote(string text)
    {
        var quoted = new System.Text.StringBuilder("\"");
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                '\t' => quoted.Append("\\t"),
                '\r' => quoted.Append("\\r"),
                < ' ' or '\x7f' => quoted.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('"').ToString();
    }

    private static string? Subscript(string path, string map) =>
        path.StartsWith(map + "['", StringComparison.Ordinal) && path.EndsWith("']", StringComparison.Ordinal)
            ? path[(map.Length + 2)..^2]
            : null;
}
