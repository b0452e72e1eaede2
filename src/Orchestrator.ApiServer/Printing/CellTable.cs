using System.Globalization;
using Orchestrator.Api.Selectors;
using Orchestrator.Api;
using Orchestrator.Api.AdmissionRegistration.V1;
using Orchestrator.Api.ApiRegistration.V1;
using Orchestrator.Api.Apps.V1;
using Orchestrator.Api.Autoscaling.V2;
using Orchestrator.Api.Batch.V1;
using Orchestrator.Api.Certificates.V1;
using Orchestrator.Api.Coordination.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Discovery.V1;
using Orchestrator.Api.FlowControl.V1;
using Orchestrator.Api.Networking.V1;
using Orchestrator.Api.Node.V1;
using Orchestrator.Api.Policy.V1;
using Orchestrator.Api.Rbac.V1;
using Orchestrator.Api.Resources.V1;
using Orchestrator.Api.Scheduling.V1;
using Orchestrator.Api.Storage.V1;
using Subject = Orchestrator.Api.Rbac.V1.Subject;
using ResourceClaim = Orchestrator.Api.Resources.V1.ResourceClaim;
using MetaSelector = Orchestrator.Api.Meta.V1.LabelSelector;

namespace Orchestrator.ApiServer.Printing;

/// <summary>The cells of each kind, in the order of its columns (facts: columns.tsv).</summary>
internal static class CellTable
{
    private const string None = "<none>";
    private const string Unset = "<unset>";
    private const string Unknown = "<unknown>";
    private const int Shown = 3;

    private static readonly HashSet<string> Kinds =
    [
        "Pod", "PodTemplate", "PodDisruptionBudget", "ReplicationController", "ReplicaSet", "DaemonSet", "Job", "CronJob", "Service", "Ingress", "IngressClass",
        "StatefulSet", "Endpoints", "Node", "Event", "Namespace", "Secret", "ServiceAccount", "PersistentVolume", "PersistentVolumeClaim", "Deployment",
        "HorizontalPodAutoscaler", "ConfigMap", "NetworkPolicy", "RoleBinding", "ClusterRoleBinding", "CertificateSigningRequest", "Lease", "StorageClass",
        "VolumeAttributesClass", "ControllerRevision", "ResourceQuota", "PriorityClass", "RuntimeClass", "VolumeAttachment", "EndpointSlice", "CSINode", "CSIDriver",
        "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding", "FlowSchema", "PriorityLevelConfiguration", "ResourceClaim", "ResourceClaimTemplate", "ResourceSlice", "DeviceClass",
        "ServiceCIDR", "IPAddress", "Role", "ClusterRole", "LimitRange", "CustomResourceDefinition", "CSIStorageCapacity", "APIService", "Scale", "ComponentStatus",
    ];

    public static bool Knows(string kind) => Kinds.Contains(kind);

    public static object?[] Of(ApiObject obj, DateTimeOffset now)
    {
        var name = obj.Metadata.Name;
        var age = Ages.Since(obj.Metadata.CreationTimestamp, now);
        switch (obj)
        {
            case Pod p:
                var (ready, status, restarts) = PodCells.Summary(p, now);
                return [name, ready, status, restarts, age, Or(p.Status.PodIPs.Select(static i => i.Ip).FirstOrDefault() ?? ""), Or(p.Spec.NodeName), Or(p.Status.NominatedNodeName), Gates(p)];
            case ComponentStatus s:
                var health = s.Conditions.FirstOrDefault(static c => c.Type == "Healthy");
                return [name, health is null ? "Unknown" : health.Status == "True" ? "Healthy" : "Unhealthy", health?.Message ?? "", health?.Error ?? ""];
            case PodTemplate t:
                return [name, Names(t.Template.Spec), Images(t.Template.Spec), Labels(t.Template.Metadata.Labels)];
            case PodDisruptionBudget b:
                return [name, b.Spec.MinAvailable?.ToString() ?? "N/A", b.Spec.MaxUnavailable?.ToString() ?? "N/A", (long)b.Status.DisruptionsAllowed, age];
            case ReplicationController c:
                var inner = c.Spec.Template?.Spec ?? PodSpec.Empty;
                return [name, (long)(c.Spec.Replicas ?? 0), (long)c.Status.Replicas, (long)c.Status.ReadyReplicas, age, Names(inner), Images(inner), Labels(c.Spec.Selector)];
            case ReplicaSet r:
                return [name, (long)(r.Spec.Replicas ?? 0), (long)r.Status.Replicas, (long)r.Status.ReadyReplicas, age, Names(r.Spec.Template.Spec), Images(r.Spec.Template.Spec), Selector(r.Spec.Selector)];
            case DaemonSet d:
                return
                [
                    name, (long)d.Status.DesiredNumberScheduled, (long)d.Status.CurrentNumberScheduled, (long)d.Status.NumberReady, (long)d.Status.UpdatedNumberScheduled,
                    (long)d.Status.NumberAvailable, Labels(d.Spec.Template.Spec.NodeSelector), age, Names(d.Spec.Template.Spec), Images(d.Spec.Template.Spec), Selector(d.Spec.Selector),
                ];
            case Deployment d:
                return
                [
                    name, $"{d.Status.ReadyReplicas}/{d.Spec.Replicas ?? 0}", (long)d.Status.UpdatedReplicas, (long)d.Status.AvailableReplicas, age,
                    Names(d.Spec.Template.Spec), Images(d.Spec.Template.Spec), LabelMatcher.From(d.Spec.Selector).ToString(),
                ];
            case StatefulSet s:
                return [name, $"{s.Status.ReadyReplicas}/{s.Spec.Replicas ?? 0}", age, Names(s.Spec.Template.Spec), Images(s.Spec.Template.Spec)];
            case Job j:
                return [name, JobStatus(j), Completions(j), Duration(j, now), age, Names(j.Spec.Template.Spec), Images(j.Spec.Template.Spec), Selector(j.Spec.Selector)];
            case CronJob c:
                var job = c.Spec.JobTemplate.Spec;
                return
                [
                    name, c.Spec.Schedule, Or(c.Spec.TimeZone ?? ""), c.Spec.Suspend is { } suspended ? (suspended ? "True" : "False") : Unset, (long)c.Status.Active.Count,
                    c.Status.LastScheduleTime is { } last ? Ages.Since(last, now) : None, age, Names(job.Template.Spec), Images(job.Template.Spec), Selector(job.Selector),
                ];
            case Service s:
                return [name, s.Spec.Type, Or(s.Spec.ClusterIPs.Count > 0 ? s.Spec.ClusterIPs[0] : s.Spec.ClusterIP), External(s), Ports(s), age, Labels(s.Spec.Selector)];
            case Ingress i:
                return [name, Or(i.Spec.IngressClassName ?? ""), Hosts(i), Balanced(i.Status.LoadBalancer.Ingress.Select(static x => x.Ip.Length > 0 ? x.Ip : x.Hostname)), i.Spec.Tls.Count > 0 ? "80, 443" : "80", age];
            case IngressClass c:
                var parameters = c.Spec.Parameters;
                return
                [
                    name + (IsDefault(c, "ingressclass.kubernetes.io/is-default-class") ? " (default)" : ""), c.Spec.Controller,
                    parameters is null ? None : parameters.Kind + (parameters.ApiGroup is { Length: > 0 } g ? "." + g : "") + "/" + parameters.Name, age,
                ];
            case Endpoints e:
                return [name, EndpointsText(e), age];
            case Api.Core.V1.Node n:
                return
                [
                    name, NodeStatus(n), Roles(n), age, n.Status.NodeInfo.KubeletVersion, Or(Address(n, "InternalIP")), Or(Address(n, "ExternalIP")), Or(n.Status.NodeInfo.OsImage, Unknown),
                    Or(n.Status.NodeInfo.KernelVersion, Unknown) + (n.Status.NodeInfo.Architecture.Length > 0 ? $" ({n.Status.NodeInfo.Architecture})" : ""),
                    Or(n.Status.NodeInfo.ContainerRuntimeVersion, Unknown),
                ];
            case Api.Core.V1.Event e:
                return EventCells(e, now);
            case Api.Events.V1.Event e:
                return EventCells((Api.Core.V1.Event)Conversions.VersionConversion.ToStored(e), now);
            case Namespace n:
                return [name, n.Status.Phase, age];
            case Secret s:
                return [name, s.Type, (long)s.Data.Count, age];
            case ServiceAccount s:
                return [name, age];
            case PersistentVolume v:
                return
                [
                    name, v.Spec.Capacity.GetValueOrDefault("storage")?.ToString() ?? "", Modes(v.Spec.AccessModes), v.Spec.PersistentVolumeReclaimPolicy,
                    v.Metadata.DeletionTimestamp is not null ? "Terminating" : v.Status.Phase, v.Spec.ClaimRef is { } claim ? claim.Namespace + "/" + claim.Name : "",
                    v.Metadata.Annotations.GetValueOrDefault("volume.beta.kubernetes.io/storage-class") ?? v.Spec.StorageClassName, v.Spec.VolumeAttributesClassName ?? Unset,
                    v.Status.Reason, age, v.Spec.VolumeMode ?? Unset,
                ];
            case PersistentVolumeClaim c:
                var bound = c.Spec.VolumeName.Length > 0;
                return
                [
                    name, c.Metadata.DeletionTimestamp is not null ? "Terminating" : c.Status.Phase, c.Spec.VolumeName,
                    bound ? c.Status.Capacity.GetValueOrDefault("storage")?.ToString() ?? "0" : "", bound ? Modes(c.Status.AccessModes) : "",
                    c.Metadata.Annotations.GetValueOrDefault("volume.beta.kubernetes.io/storage-class") ?? c.Spec.StorageClassName ?? "", c.Spec.VolumeAttributesClassName ?? Unset, age,
                    c.Spec.VolumeMode ?? Unset,
                ];
            case HorizontalPodAutoscaler a:
                return AutoscalerCells(a, age);
            case Api.Autoscaling.V1.HorizontalPodAutoscaler a:
                return AutoscalerCells((HorizontalPodAutoscaler)Conversions.VersionConversion.ToStored(a), age);
            case ConfigMap c:
                return [name, (long)(c.Data.Count + c.BinaryData.Count), age];
            case NetworkPolicy p:
                return [name, Selector(p.Spec.PodSelector), age];
            case RoleBinding b:
                return [name, b.RoleRef.Kind + "/" + b.RoleRef.Name, age, .. Subjects(b.Subjects)];
            case ClusterRoleBinding b:
                return [name, b.RoleRef.Kind + "/" + b.RoleRef.Name, age, .. Subjects(b.Subjects)];
            case Role or ClusterRole or LimitRange or Api.ApiExtensions.V1.CustomResourceDefinition or CSIStorageCapacity:
                return [name, obj.Metadata.CreationTimestamp is { } created ? ApiTime.Format(created) : Unknown];
            case CertificateSigningRequest r:
                return [name, age, Or(r.Spec.SignerName), r.Spec.Username, r.Spec.ExpirationSeconds is { } seconds ? Ages.Text(TimeSpan.FromSeconds(seconds)) : None, RequestCondition(r)];
            case Lease l:
                return [name, l.Spec.HolderIdentity ?? "", age];
            case StorageClass c:
                var isDefault = IsDefault(c, "storageclass.kubernetes.io/is-default-class") || IsDefault(c, "storageclass.beta.kubernetes.io/is-default-class");
                return [name + (isDefault ? " (default)" : ""), c.Provisioner, c.ReclaimPolicy ?? "Delete", c.VolumeBindingMode ?? "Immediate", c.AllowVolumeExpansion ?? false, age];
            case VolumeAttributesClass c:
                return [name, c.DriverName, age];
            case ControllerRevision r:
                return [name, Owner(r), r.Revision, age];
            case ResourceQuota q:
                return [name, Quota(q, limits: false), Quota(q, limits: true), age];
            case PriorityClass c:
                return [name, (long)c.Value, c.GlobalDefault, age, c.PreemptionPolicy ?? ""];
            case RuntimeClass c:
                return [name, c.Handler, age];
            case VolumeAttachment a:
                return [name, a.Spec.Attacher, a.Spec.Source.PersistentVolumeName ?? "", a.Spec.NodeName, a.Status.Attached, age];
            case EndpointSlice s:
                return
                [
                    name, s.AddressType, Or(List(s.Ports.Select(static p => p.Port?.ToString(CultureInfo.InvariantCulture) ?? p.Name ?? "*").ToArray(), ""), Unset),
                    List(s.Endpoints.SelectMany(static e => e.Addresses).ToArray(), Unset), age,
                ];
            case CSINode n:
                return [name, (long)n.Spec.Drivers.Count, age];
            case CSIDriver d:
                return
                [
                    name, d.Spec.AttachRequired ?? true, d.Spec.PodInfoOnMount ?? false, d.Spec.StorageCapacity ?? false,
                    d.Spec.TokenRequests.Count == 0 ? Unset : string.Join(',', d.Spec.TokenRequests.Select(static t => t.Audience)), d.Spec.RequiresRepublish ?? false,
                    d.Spec.VolumeLifecycleModes.Count == 0 ? None : string.Join(',', d.Spec.VolumeLifecycleModes), age,
                ];
            case MutatingWebhookConfiguration c:
                return [name, (long)c.Webhooks.Count, age];
            case ValidatingWebhookConfiguration c:
                return [name, (long)c.Webhooks.Count, age];
            case ValidatingAdmissionPolicy p:
                return [name, (long)p.Spec.Validations.Count, ParamKind(p.Spec.ParamKind), age];
            case MutatingAdmissionPolicy p:
                return [name, (long)p.Spec.Mutations.Count, ParamKind(p.Spec.ParamKind), age];
            case ValidatingAdmissionPolicyBinding b:
                return [name, b.Spec.PolicyName, Param(b.Spec.ParamRef), age];
            case MutatingAdmissionPolicyBinding b:
                return [name, b.Spec.PolicyName, Param(b.Spec.ParamRef), age];
            case FlowSchema f:
                return
                [
                    name, f.Spec.PriorityLevelConfiguration.Name, (long)f.Spec.MatchingPrecedence, f.Spec.DistinguisherMethod?.Type ?? None, age,
                    f.Status.Conditions.FirstOrDefault(static c => c.Type == "Dangling")?.Status ?? "?",
                ];
            case PriorityLevelConfiguration p:
                var queuing = p.Spec.Limited?.LimitResponse.Queuing;
                var shares = p.Spec.Limited?.NominalConcurrencyShares;
                return [name, p.Spec.Type, shares is { } s1 ? (long)s1 : None, queuing is null ? None : (long)queuing.Queues, queuing is null ? None : (long)queuing.HandSize, queuing is null ? None : (long)queuing.QueueLengthLimit, age];
            case ResourceClaim c:
                return [name, ClaimState(c), age];
            case ResourceSlice s:
                return [name, s.Spec.NodeName ?? "", s.Spec.Driver, s.Spec.Pool.Name, age];
            case ServiceCIDR c:
                return [name, string.Join(',', c.Spec.Cidrs), age];
            case IPAddress a:
                var parent = a.Spec.ParentRef;
                return [name, parent is null ? None : (parent.Resource + (parent.Group.Length > 0 ? "." + parent.Group : "") + (parent.Namespace.Length > 0 ? "/" + parent.Namespace : "") + "/" + parent.Name).ToLowerInvariant(), age];
            case APIService a:
                var available = a.Status.Conditions.FirstOrDefault(static c => c.Type == "Available");
                return
                [
                    name, a.Spec.Service is { } service ? service.Namespace + "/" + service.Name : "Local",
                    available is null ? "Unknown" : available.Status == "True" || available.Reason.Length == 0 ? available.Status : $"{available.Status} ({available.Reason})", age,
                ];
            case Api.Autoscaling.V1.Scale s:
                return [name, (long)s.Spec.Replicas, (long)s.Status.Replicas, age];
            default:
                return [name, age];
        }
    }

    private static object?[] EventCells(Api.Core.V1.Event e, DateTimeOffset now)
    {
        var first = Ages.Since(e.FirstTimestamp ?? e.EventTime, now);
        var last = e.Series is not null ? Ages.Since(e.Series.LastObservedTime, now) : e.LastTimestamp is { } seen ? Ages.Since(seen, now) : first;
        var target = e.InvolvedObject.Kind.ToLowerInvariant() + (e.InvolvedObject.Name.Length > 0 ? "/" + e.InvolvedObject.Name : "");
        var component = e.Source.Component.Length > 0 ? e.Source.Component : e.ReportingComponent;
        var host = e.Source.Host.Length > 0 ? e.Source.Host : e.ReportingInstance;
        long count = e.Series?.Count ?? e.Count;
        return [last, e.Type, e.Reason, target, e.InvolvedObject.FieldPath, host.Length > 0 ? component + ", " + host : component, e.Message.Trim(), first, Math.Max(1, count), e.Metadata.Name];
    }

    private static object?[] AutoscalerCells(HorizontalPodAutoscaler a, string age) =>
    [
        a.Metadata.Name, a.Spec.ScaleTargetRef.Kind + "/" + a.Spec.ScaleTargetRef.Name, AutoscalerTargets.Text(a),
        a.Spec.MinReplicas?.ToString(CultureInfo.InvariantCulture) ?? Unset, (long)a.Spec.MaxReplicas, (long)a.Status.CurrentReplicas, age,
    ];

    private static string Gates(Pod pod) => pod.Spec.ReadinessGates.Count == 0
        ? None
        : pod.Spec.ReadinessGates.Count(g => pod.Status.Conditions.Any(c => c.Type == g.ConditionType && c.Status == "True")) + "/" + pod.Spec.ReadinessGates.Count;

    private static string Names(PodSpec spec) => string.Join(',', spec.Containers.Select(static c => c.Name));

    private static string Images(PodSpec spec) => string.Join(',', spec.Containers.Select(static c => c.Image));

    private static string Labels(ApiMap<string> labels) => labels.Count == 0 ? None : string.Join(',', labels.Select(static l => l.Key + "=" + l.Value));

    private static string Selector(MetaSelector? selector) => LabelMatcher.From(selector).ToString() is { Length: > 0 } text ? text : None;

    private static string Or(string text, string otherwise = None) => text.Length > 0 ? text : otherwise;

    private static bool IsDefault(ApiObject obj, string annotation) => obj.Metadata.Annotations.GetValueOrDefault(annotation) == "true";

    private static string JobStatus(Job job)
    {
        bool Has(string type) => job.Status.Conditions.Any(c => c.Type == type && c.Status == "True");
        return Has("Complete") ? "Complete"
            : Has("Failed") ? "Failed"
            : job.Metadata.DeletionTimestamp is not null ? "Terminating"
            : Has("Suspended") ? "Suspended"
            : Has("FailureTarget") ? "FailureTarget"
            : Has("SuccessCriteriaMet") ? "SuccessCriteriaMet"
            : "Running";
    }

    private static string Completions(Job job) => job.Spec.Completions is { } wanted ? $"{job.Status.Succeeded}/{wanted}"
        : job.Spec.Parallelism > 1 ? $"{job.Status.Succeeded}/1 of {job.Spec.Parallelism}"
        : $"{job.Status.Succeeded}/1";

    private static string Duration(Job job, DateTimeOffset now) =>
        job.Status.StartTime is not { } start ? "" : Ages.Text((job.Status.CompletionTime ?? now) - start);

    private static string External(Service service)
    {
        var external = service.Spec.ExternalIPs;
        switch (service.Spec.Type)
        {
            case "ClusterIP" or "NodePort":
                return external.Count > 0 ? string.Join(',', external) : None;
            case "ExternalName":
                return service.Spec.ExternalName;
            case "LoadBalancer":
                var balanced = Balanced(service.Status.LoadBalancer.Ingress.Select(static i => i.Ip.Length > 0 ? i.Ip : i.Hostname));
                var all = balanced.Length > 0 ? external.Prepend(balanced) : external;
                return string.Join(',', all) is { Length: > 0 } text ? text : "<pending>";
            default:
                return Unknown;
        }
    }

    private static string Balanced(IEnumerable<string> addresses) => string.Join(',', addresses.Where(static a => a.Length > 0).Distinct().Order(StringComparer.Ordinal));

    private static string Ports(Service service) => service.Spec.Ports.Count == 0
        ? None
        : string.Join(',', service.Spec.Ports.Select(static p => p.NodePort > 0 ? $"{p.Port}:{p.NodePort}/{p.Protocol}" : $"{p.Port}/{p.Protocol}"));

    private static string Hosts(Ingress ingress)
    {
        var hosts = string.Join(',', ingress.Spec.Rules.Take(Shown).Select(static r => r.Host).Where(static h => h.Length > 0));
        return hosts.Length == 0 ? "*" : ingress.Spec.Rules.Count > Shown ? $"{hosts} + {ingress.Spec.Rules.Count - Shown} more..." : hosts;
    }

    private static string EndpointsText(Endpoints endpoints)
    {
        if (endpoints.Subsets.Count == 0)
        {
            return None;
        }

        var all = endpoints.Subsets.SelectMany(static s => s.Ports.Count == 0
            ? s.Addresses.Select(static a => a.Ip)
            : s.Ports.SelectMany(p => s.Addresses.Select(a => a.Ip.Contains(':', StringComparison.Ordinal) ? $"[{a.Ip}]:{p.Port}" : $"{a.Ip}:{p.Port}"))).ToArray();
        return List(all, "");
    }

    private static string List(string[] items, string otherwise) => items.Length == 0 ? otherwise
        : string.Join(',', items.Take(Shown)) + (items.Length > Shown ? $" + {items.Length - Shown} more..." : "");

    private static string NodeStatus(Api.Core.V1.Node node)
    {
        var ready = node.Status.Conditions.FirstOrDefault(static c => c.Type == "Ready");
        return (ready is null ? "Unknown" : ready.Status == "True" ? "Ready" : "NotReady") + (node.Spec.Unschedulable ? ",SchedulingDisabled" : "");
    }

    private static string Roles(Api.Core.V1.Node node)
    {
        const string Prefix = "node-role.kubernetes.io/";
        var roles = node.Metadata.Labels.Where(static l => l.Key.StartsWith(Prefix, StringComparison.Ordinal) && l.Key.Length > Prefix.Length).Select(static l => l.Key[Prefix.Length..])
            .Concat(node.Metadata.Labels.Where(static l => l.Key == "kubernetes.io/role" && l.Value.Length > 0).Select(static l => l.Value));
        return Or(string.Join(',', roles.Distinct().Order(StringComparer.Ordinal)));
    }

    private static string Address(Api.Core.V1.Node node, string type) => node.Status.Addresses.FirstOrDefault(a => a.Type == type)?.Address ?? "";

    private static string Modes(ApiList<string> modes)
    {
        (string Mode, string Short)[] known = [("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP")];
        return string.Join(',', known.Where(k => modes.Contains(k.Mode)).Select(static k => k.Short));
    }

    private static object?[] Subjects(ApiList<Subject> subjects) =>
    [
        string.Join(", ", subjects.Where(static s => s.Kind == "User").Select(static s => s.Name)),
        string.Join(", ", subjects.Where(static s => s.Kind == "Group").Select(static s => s.Name)),
        string.Join(", ", subjects.Where(static s => s.Kind == "ServiceAccount").Select(static s => s.Namespace + "/" + s.Name)),
    ];

    private static string RequestCondition(CertificateSigningRequest request)
    {
        bool Has(string type) => request.Status.Conditions.Any(c => c.Type == type);
        return (Has("Denied") ? "Denied" : Has("Approved") ? "Approved" : "Pending") + (Has("Failed") ? ",Failed" : "") + (request.Status.Certificate is { Length: > 0 } ? ",Issued" : "");
    }

    private static string Owner(ControllerRevision revision)
    {
        if (revision.Metadata.OwnerReferences.FirstOrDefault(static o => o.Controller == true) is not { } owner)
        {
            return None;
        }

        var slash = owner.ApiVersion.IndexOf('/', StringComparison.Ordinal);
        return owner.Kind.ToLowerInvariant() + (slash > 0 ? "." + owner.ApiVersion[..slash] : "") + "/" + owner.Name;
    }

    private static string Quota(ResourceQuota quota, bool limits) => string.Join(", ", quota.Status.Hard
        .Where(h => h.Key.StartsWith("limits.", StringComparison.Ordinal) == limits)
        .Select(h => $"{h.Key}: {quota.Status.Used.GetValueOrDefault(h.Key) ?? Quantity.Zero}/{h.Value}"));

    private static string ParamKind(ParamKind? kind) => kind is null ? Unset : kind.ApiVersion + "/" + kind.Kind;

    private static string Param(ParamRef? reference) => reference is null ? Unset
        : reference.Name.Length > 0 ? (reference.Namespace.Length > 0 ? reference.Namespace : "*") + "/" + reference.Name
        : reference.Selector is { } selector ? ProtobufText(selector)
        : Unset;

    /// <summary>A selector as its protobuf message prints itself, which is what upstream shows of it here.</summary>
    private static string ProtobufText(MetaSelector selector) =>
        "&LabelSelector{MatchLabels:map[string]string{" + string.Concat(selector.MatchLabels.Select(static l => $"{l.Key}: {l.Value},"))
        + "},MatchExpressions:[]LabelSelectorRequirement{"
        + string.Concat(selector.MatchExpressions.Select(static e => $"LabelSelectorRequirement{{Key:{e.Key},Operator:{e.Operator},Values:[{string.Join(' ', e.Values)}],}},"))
        + "},}";

    private static string ClaimState(ResourceClaim claim)
    {
        var states = new List<string>();
        if (claim.Metadata.DeletionTimestamp is not null)
        {
            states.Add("deleted");
        }

        if (claim.Status.Allocation is null)
        {
            if (states.Count == 0)
            {
                states.Add("pending");
            }
        }
        else
        {
            states.Add("allocated");
            if (claim.Status.ReservedFor.Count > 0)
            {
                states.Add("reserved");
            }
        }

        return string.Join(',', states);
    }
}
