using System.Net;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Validation.Pods;

/// <summary>What kubelets and schedulers write into the status of pods.</summary>
internal static class PodStatusValidator
{
    public static void Validate(Pod pod, Pod old, FieldErrorList errors)
    {
        PodAnnotations.ValidateUpdate(pod, old, errors);
        var (status, before, path) = (pod.Status, old.Status, FieldPath.Status);
        for (var i = 0; i < status.Conditions.Count; i++)
        {
            if (status.Conditions[i].ObservedGeneration < 0)
            {
                errors.Invalid(path.Child("conditions").Index(i), "observedGeneration", status.Conditions[i].ObservedGeneration, "must be a non-negative integer");
            }

            errors.InvalidEach(path.Child("conditions").Index(i), "Type", status.Conditions[i].Type, Formats.QualifiedName(status.Conditions[i].Type));
        }

        if (pod.Spec.NodeName != old.Spec.NodeName)
        {
            errors.Forbidden(path, "nodeName", "may not be changed directly");
        }

        if (status.NominatedNodeName != before.NominatedNodeName && status.NominatedNodeName.Length > 0)
        {
            errors.InvalidEach(path, "nominatedNodeName", status.NominatedNodeName, Formats.DnsSubdomain(status.NominatedNodeName));
            if (pod.Spec.NodeName.Length > 0 && status.NominatedNodeName != pod.Spec.NodeName)
            {
                errors.Forbidden(path, "nominatedNodeName", "may not be set on pods that are already bound to a node");
            }
        }

        errors.Immutable(path, "qosClass", status.QosClass, before.QosClass);

        // A rule that restarts all containers restarts those that have ended well, too.
        if (!old.Spec.Containers.Concat(old.Spec.InitContainers).Any(c => c.RestartPolicyRules.Any(r => r.Action == "RestartAllContainers")))
        {
            Transitions(status.ContainerStatuses, before.ContainerStatuses, old.Spec.Containers, old.Spec.RestartPolicy, "containerStatuses", errors);
            Transitions(status.InitContainerStatuses, before.InitContainerStatuses, old.Spec.InitContainers, old.Spec.RestartPolicy, "initContainerStatuses", errors);
        }

        // Kubelets never start an ephemeral container twice.
        Transitions(status.EphemeralContainerStatuses, before.EphemeralContainerStatuses, [], "Never", "ephemeralContainerStatuses", errors);
        Claims(pod, path.Child("resourceClaimStatuses"), errors);
        if (status.ObservedGeneration < 0)
        {
            errors.Invalid(path, "observedGeneration", status.ObservedGeneration, "must be a non-negative integer");
        }

        Addresses(pod, errors);
        foreach (var (statuses, field) in Lists(status))
        {
            Users(statuses, path.Child(field), pod.Spec.Os?.Name, errors);
        }

        foreach (var (statuses, field) in Lists(status))
        {
            Allocated(statuses, field, path.Child(field), pod.Spec, errors);
        }
    }

    private static IEnumerable<(ApiList<ContainerStatus> Statuses, string Field)> Lists(PodStatus status) =>
    [
        (status.ContainerStatuses, "containerStatuses"), (status.InitContainerStatuses, "initContainerStatuses"), (status.EphemeralContainerStatuses, "ephemeralContainerStatuses"),
    ];

    private static void Claims(Pod pod, FieldPath path, FieldErrorList errors)
    {
        var names = new HashSet<string>();
        for (var i = 0; i < pod.Status.ResourceClaimStatuses.Count; i++)
        {
            var claim = pod.Status.ResourceClaimStatuses[i];
            if (!pod.Spec.ResourceClaims.Any(c => c.Name == claim.Name))
            {
                errors.Invalid(path.Index(i), "name", claim.Name, "must match the name of an entry in `spec.resourceClaims`");
            }

            if (!names.Add(claim.Name))
            {
                errors.Duplicate(path.Index(i).Child("name"), claim.Name);
            }

            if (claim.ResourceClaimName is { } name)
            {
                errors.InvalidEach(path.Index(i), "name", name, Formats.DnsSubdomain(name));
            }
        }
    }

    private static void Users(ApiList<ContainerStatus> statuses, FieldPath path, string? os, FieldErrorList errors)
    {
        for (var i = 0; i < statuses.Count; i++)
        {
            if (statuses[i].User?.Linux is not { } user)
            {
                continue;
            }

            var at = path.Index(i).Child("linux");
            if (os == "windows")
            {
                errors.Forbidden(at, "cannot be set for a windows pod");
                continue;
            }

            errors.InvalidEach(at, "uid", user.Uid, Formats.Id(user.Uid));
            errors.InvalidEach(at, "gid", user.Gid, Formats.Id(user.Gid));
            for (var g = 0; g < user.SupplementalGroups.Count; g++)
            {
                errors.InvalidEach(at.Child("supplementalGroups").Index(g), user.SupplementalGroups[g], Formats.Id(user.SupplementalGroups[g]));
            }
        }
    }

    private static void Allocated(ApiList<ContainerStatus> statuses, string field, FieldPath path, PodSpec spec, FieldErrorList errors)
    {
        for (var i = 0; i < statuses.Count; i++)
        {
            var list = path.Index(i).Child("allocatedResourcesStatus");
            if (field == "ephemeralContainerStatuses")
            {
                if (statuses[i].AllocatedResourcesStatus.Count > 0)
                {
                    errors.Forbidden(list, "must not be specified in container status");
                }

                continue;
            }

            var container = (field == "containerStatuses" ? spec.Containers : spec.InitContainers).FirstOrDefault(c => c.Name == statuses[i].Name);
            for (var j = 0; j < statuses[i].AllocatedResourcesStatus.Count; j++)
            {
                Allocated(statuses[i].AllocatedResourcesStatus[j], container, list.Index(j), errors);
            }
        }
    }

    private static void Allocated(ResourceStatus resource, Container? container, FieldPath path, FieldErrorList errors)
    {
        if (container is not null)
        {
            var isClaim = resource.Name.StartsWith("claim:", StringComparison.Ordinal);
            var found = isClaim
                ? container.Resources.Claims.Any(c => resource.Name == "claim:" + c.Name + (c.Request.Length > 0 ? "/" + c.Request : ""))
                : container.Resources.Requests.ContainsKey(resource.Name);
            if (!found)
            {
                errors.Invalid(path, "name", resource.Name, isClaim
                    ? "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty"
                    : "must match one of the container's resource requests");
            }
        }

        var ids = new HashSet<string>();
        for (var k = 0; k < resource.Resources.Count; k++)
        {
            var at = path.Child("resources").Index(k);
            errors.OneOf(at, "health", resource.Resources[k].Health, "Healthy", "Unhealthy", "Unknown");
            if (!ids.Add(resource.Resources[k].ResourceID))
            {
                errors.Duplicate(at.Child("resourceID"), resource.Resources[k].ResourceID);
            }
        }
    }

    private static void Addresses(Pod pod, FieldErrorList errors)
    {
        var path = FieldPath.Status.Child("podIPs");
        var ips = pod.Status.PodIPs;
        for (var i = 0; i < ips.Count; i++)
        {
            errors.InvalidEach(path.Index(i), ips[i].Ip, IpFormats.Ip(ips[i].Ip));
        }

        if (ips.Count > 1 && (ips.Count > 2 || SameFamily(ips[0].Ip, ips[1].Ip)))
        {
            errors.Invalid(path, new InternalValue(ips), "may specify no more than one IP for each IP family");
        }

        for (var i = 1; i < ips.Count; i++)
        {
            if (ips.Take(i).Any(ip => ip.Ip == ips[i].Ip))
            {
                errors.Duplicate(path.Index(i), new InternalValue(ips[i]));
            }
        }

        var hostPath = FieldPath.Status.Child("hostIPs");
        var hosts = pod.Status.HostIPs;
        if (hosts.Count == 0)
        {
            return;
        }

        if (pod.Status.HostIP != hosts[0].Ip)
        {
            errors.Invalid(hostPath.Index(0), "ip", hosts[0].Ip, "must be equal to `hostIP`");
        }

        for (var i = 0; i < hosts.Count; i++)
        {
            errors.InvalidEach(hostPath.Index(i), hosts[i].Ip, IpFormats.Ip(hosts[i].Ip));
        }

        for (var i = 1; i < hosts.Count; i++)
        {
            if (hosts.Take(i).Any(ip => ip.Ip == hosts[i].Ip))
            {
                errors.Duplicate(hostPath.Index(i), new InternalValue(hosts[i]));
            }
        }

        if (hosts.Count > 1 && (hosts.Count > 2 || SameFamily(hosts[0].Ip, hosts[1].Ip)))
        {
            errors.Invalid(hostPath, new InternalValue(hosts), "may specify no more than one IP for each IP family");
        }
    }

    private static bool SameFamily(string a, string b) =>
        IPAddress.TryParse(a, out var left) && IPAddress.TryParse(b, out var right) && left.AddressFamily == right.AddressFamily;

    private static void Transitions(
        ApiList<ContainerStatus> statuses, ApiList<ContainerStatus> old, ApiList<Container> containers, string restartPolicy, string field, FieldErrorList errors)
    {
        if (restartPolicy == "Always")
        {
            return;
        }

        for (var i = 0; i < old.Count; i++)
        {
            var before = old[i];
            if (before.State.Terminated is not { } terminated || (terminated.ExitCode != 0 && restartPolicy == "OnFailure"))
            {
                continue;
            }

            if (containers.FirstOrDefault(c => c.Name == before.Name) is { } container
                && (container.RestartPolicy == "Always" || (container.RestartPolicy == "OnFailure" && terminated.ExitCode != 0) || container.RestartPolicyRules.Count > 0))
            {
                continue;
            }

            foreach (var status in statuses)
            {
                if (status.Name == before.Name && status.State.Terminated is null)
                {
                    errors.Forbidden(FieldPath.Status.Child(field).Index(i), "state", "may not be transitioned to non-terminated state");
                }
            }
        }
    }
}
