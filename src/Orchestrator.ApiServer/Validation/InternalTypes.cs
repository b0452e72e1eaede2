using System.Collections.Concurrent;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Validation;

/// <summary>Where upstream's internal types differ from the versioned ones in the names and order of their fields; messages show that.</summary>
internal static class InternalTypes
{
    private static readonly ConcurrentDictionary<StructSchema, IReadOnlyList<Entry>> Orders = new();

    /// <summary>Field names in their internal order; what is not named follows in the order of the versioned type, what stands after a minus sign is left out.</summary>
    private static readonly Dictionary<string, string> Known = new()
    {
        ["core_v1.PodSpec"] = "Volumes InitContainers Containers EphemeralContainers RestartPolicy TerminationGracePeriodSeconds ActiveDeadlineSeconds DNSPolicy NodeSelector"
            + " ServiceAccountName AutomountServiceAccountToken NodeName SecurityContext ImagePullSecrets Hostname Subdomain SetHostnameAsFQDN Affinity SchedulerName Tolerations"
            + " HostAliases PriorityClassName Priority PreemptionPolicy DNSConfig ReadinessGates RuntimeClassName Overhead EnableServiceLinks TopologySpreadConstraints OS"
            + " SchedulingGates ResourceClaims Resources -DeprecatedServiceAccount -HostNetwork -HostPID -HostIPC -ShareProcessNamespace -HostUsers",
        ["core_v1.Volume"] = "Name HostPath EmptyDir GCEPersistentDisk AWSElasticBlockStore GitRepo Secret NFS ISCSI Glusterfs PersistentVolumeClaim RBD Quobyte FlexVolume Cinder"
            + " CephFS Flocker DownwardAPI FC AzureFile ConfigMap VsphereVolume AzureDisk PhotonPersistentDisk Projected PortworxVolume ScaleIO StorageOS CSI Ephemeral Image",
        ["core_v1.PersistentVolumeSpec"] = "Capacity",
        ["core_v1.PodSecurityContext"] = "SELinuxOptions WindowsOptions RunAsUser RunAsGroup RunAsNonRoot SupplementalGroups SupplementalGroupsPolicy FSGroup FSGroupChangePolicy"
            + " Sysctls SeccompProfile AppArmorProfile SELinuxChangePolicy",
        ["apiextensions_v1.JSONSchemaProps"] = "ID Schema Ref Description Type Nullable",
        ["apiextensions_v1.JSONSchemaPropsOrBool"] = "Allows Schema",
    };

    /// <summary>Fields of a pod spec that the internal type keeps in its security context, before that one's own.</summary>
    public static IReadOnlyList<int> PodSecurityFields { get; } =
        [PodSpec.Fields.HostNetwork, PodSpec.Fields.HostPID, PodSpec.Fields.HostIPC, PodSpec.Fields.ShareProcessNamespace, PodSpec.Fields.HostUsers];

    /// <summary>The fields of a type as its internal form prints them.</summary>
    public static IReadOnlyList<Entry> FieldOrder(StructSchema schema) => Orders.GetOrAdd(schema, static s =>
    {
        if (!Known.TryGetValue(s.Name, out var names))
        {
            return s.Fields.Select(static f => new Entry(f.GoField, f.Ordinal)).ToArray();
        }

        var order = new List<Entry>();
        var rest = s.Fields.ToList();
        foreach (var name in names.Split(' '))
        {
            var dropped = name.StartsWith('-');
            if (rest.Find(f => f.GoField == (dropped ? name[1..] : name)) is { } field)
            {
                rest.Remove(field);
                if (!dropped)
                {
                    order.Add(new(field.GoField, field.Ordinal));
                }
            }
        }

        order.AddRange(rest.Select(static f => new Entry(f.GoField, f.Ordinal)));
        return order;
    });

    internal sealed record Entry(string Name, int Ordinal);
}
