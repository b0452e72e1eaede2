using System.Text;
using Orchestrator.Api;

namespace Orchestrator.Agent.Eviction;

/// <summary>Why a pod is evicted, in the kubelet's words.</summary>
internal static class EvictionTexts
{
    /// <summary>The node is short of something, and this pod uses it.</summary>
    /// <param name="shortage">What is short.</param>
    /// <param name="pod">The pod.</param>
    /// <param name="usage">What each container uses of it, in bytes; none for what is not counted by container.</param>
    public static string NodeIsLow(Shortage shortage, Pod pod, IReadOnlyDictionary<string, long> usage)
    {
        var text = new StringBuilder($"The node was low on resource: {shortage.Resource}. Threshold quantity: {shortage.Threshold}, available: {shortage.Available}. ");
        foreach (var container in pod.Spec.InitContainers.Concat(pod.Spec.Containers))
        {
            var request = container.Resources.Requests.GetValueOrDefault(shortage.Resource) ?? Quantity.Zero;
            if (usage.TryGetValue(container.Name, out var used) && used > request.Value)
            {
                text.Append($"Container {container.Name} was using {Quantity.FromLong(used, QuantityFormat.BinarySI)}, request is {request}, has larger consumption of {shortage.Resource}. ");
            }
        }

        return text.ToString();
    }

    /// <summary>A container uses more local storage than it may.</summary>
    public static string ContainerStorage(string container, Quantity limit) => $"Container {container} exceeded its local ephemeral storage limit \"{limit}\". ";

    /// <summary>A pod uses more local storage than all its containers together may.</summary>
    public static string PodStorage(Quantity limit) => $"Pod ephemeral local storage usage exceeds the total limit of containers {limit}. ";
}
