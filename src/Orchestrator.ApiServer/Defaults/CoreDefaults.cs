using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Node.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Defaults;

/// <summary>The small kinds of the core group.</summary>
internal static class CoreDefaults
{
    private const string NameLabel = "kubernetes.io/metadata.name";

    public static void Namespace(Namespace ns)
    {
        ns.Own<NamespaceStatus>(Api.Core.V1.Namespace.Fields.Status).Default(NamespaceStatus.Fields.Phase, "Active");
        var name = ns.Metadata.Name;
        if (name.Length > 0)
        {
            ns.Own<ObjectMeta>(ApiObject.MetadataSlot).OwnMap<string>(ObjectMeta.Fields.Labels).SetSlot(NameLabel, name);
        }
    }

    /// <summary>Texts given as stringData become data and are never given back.</summary>
    public static void Secret(Secret secret)
    {
        secret.Default(Api.Core.V1.Secret.Fields.Type, "Opaque");
        if (secret.StringData.Count > 0)
        {
            var data = secret.OwnMap<byte[]>(Api.Core.V1.Secret.Fields.Data);
            foreach (var (key, text) in secret.StringData)
            {
                data.SetSlot(key, System.Text.Encoding.UTF8.GetBytes(text));
            }
        }

        secret.Set(Api.Core.V1.Secret.Fields.StringData, null);
    }

    public static void Node(Node node)
    {
        if (node.Spec is { PodCIDRs.Count: 0, PodCIDR.Length: > 0 })
        {
            node.Own<NodeSpec>(Api.Core.V1.Node.Fields.Spec).Set(NodeSpec.Fields.PodCIDRs, ApiList.Create<string>([node.Spec.PodCIDR]));
        }
        else if (node.Spec.PodCIDRs.Count > 0)
        {
            node.Own<NodeSpec>(Api.Core.V1.Node.Fields.Spec).Set(NodeSpec.Fields.PodCIDR, node.Spec.PodCIDRs[0]);
        }

        if (!node.IsSet(Api.Core.V1.Node.Fields.Status))
        {
            return;
        }

        var status = node.Own<NodeStatus>(Api.Core.V1.Node.Fields.Status);
        ResourceLists.Round(status.Capacity);
        if (!status.IsSet(NodeStatus.Fields.Allocatable) && status.Capacity.Count > 0)
        {
            status.Set(NodeStatus.Fields.Allocatable, status.Capacity.Copy());
        }

        ResourceLists.Round(status.Allocatable);
    }

    public static void ReplicationController(ReplicationController controller)
    {
        var spec = controller.Own<ReplicationControllerSpec>(Api.Core.V1.ReplicationController.Fields.Spec);
        var labels = spec.Template?.Metadata.Labels ?? ApiMap<string>.Empty;
        if (labels.Count > 0)
        {
            if (spec.Selector.Count == 0)
            {
                spec.Set(ReplicationControllerSpec.Fields.Selector, labels.Copy());
            }

            if (controller.Metadata.Labels.Count == 0)
            {
                controller.Own<ObjectMeta>(ApiObject.MetadataSlot).Set(ObjectMeta.Fields.Labels, labels.Copy());
            }
        }

        spec.Default(ReplicationControllerSpec.Fields.Replicas, 1);
        if (spec.Template is { } template)
        {
            PodDefaults.Template(template);
        }
    }

    public static void Endpoints(Endpoints endpoints)
    {
        foreach (var subset in endpoints.Subsets)
        {
            foreach (var port in subset.Ports)
            {
                port.Default(EndpointPort.Fields.Protocol, "TCP");
            }
        }
    }

    public static void LimitRange(LimitRange range)
    {
        foreach (var item in range.Spec.Limits)
        {
            if (item.Type == "Container")
            {
                ResourceLists.FillFrom(item, LimitRangeItem.Fields.Default, item.Max);
                ResourceLists.FillFrom(item, LimitRangeItem.Fields.DefaultRequest, item.Default);
                ResourceLists.FillFrom(item, LimitRangeItem.Fields.DefaultRequest, item.Min);
            }

            ResourceLists.Round(item.Max);
            ResourceLists.Round(item.Min);
            ResourceLists.Round(item.Default);
            ResourceLists.Round(item.DefaultRequest);
            ResourceLists.Round(item.MaxLimitRequestRatio);
        }
    }

    public static void ResourceQuota(ResourceQuota quota)
    {
        ResourceLists.Round(quota.Spec.Hard);
        ResourceLists.Round(quota.Status.Hard);
        ResourceLists.Round(quota.Status.Used);
    }

    public static void RuntimeClass(RuntimeClass runtimeClass)
    {
        if (runtimeClass.Overhead is { } overhead)
        {
            ResourceLists.Round(overhead.PodFixed);
        }
    }
}
