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

        Addresses(pod, errors);
        errors.Immutable(path, "qosClass", status.QosClass, before.QosClass);
        if (status.NominatedNodeName != before.NominatedNodeName && status.NominatedNodeName.Length > 0)
        {
            errors.InvalidEach(path, "nominatedNodeName", status.NominatedNodeName, Formats.DnsSubdomain(status.NominatedNodeName));
            if (pod.Spec.NodeName.Length > 0 && status.NominatedNodeName != pod.Spec.NodeName)
            {
                errors.Forbidden(path, "nominatedNodeName", "may not be set on pods that are already bound to a node");
            }
        }

        Transitions(status.ContainerStatuses, before.ContainerStatuses, old.Spec, "containerStatuses", errors);
        if (status.ObservedGeneration < 0)
        {
            errors.Invalid(path, "observedGeneration", status.ObservedGeneration, "must be a non-negative integer");
        }

        for (var i = 0; i < status.ResourceClaimStatuses.Count; i++)
        {
            var name = status.ResourceClaimStatuses[i].Name;
            if (!pod.Spec.ResourceClaims.Any(c => c.Name == name))
            {
                errors.Invalid(path.Child("resourceClaimStatuses").Index(i), "name", name, "must match the name of an entry in `spec.resourceClaims`");
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

        if (hosts.Count > 1 && (hosts.Count > 2 || SameFamily(hosts[0].Ip, hosts[1].Ip)))
        {
            errors.Invalid(hostPath, new InternalValue(hosts), "may specify no more than one IP for each IP family");
        }
    }

    private static bool SameFamily(string a, string b) =>
        IPAddress.TryParse(a, out var left) && IPAddress.TryParse(b, out var right) && left.AddressFamily == right.AddressFamily;

    private static void Transitions(ApiList<ContainerStatus> statuses, ApiList<ContainerStatus> old, PodSpec spec, string field, FieldErrorList errors)
    {
        if (spec.RestartPolicy == "Always")
        {
            return;
        }

        foreach (var before in old)
        {
            if (before.State.Terminated is not { } terminated || (terminated.ExitCode != 0 && spec.RestartPolicy == "OnFailure"))
            {
                continue;
            }

            if (spec.Containers.FirstOrDefault(c => c.Name == before.Name) is { } container
                && (container.RestartPolicy == "Always" || (container.RestartPolicy == "OnFailure" && terminated.ExitCode != 0) || container.RestartPolicyRules.Count > 0))
            {
                continue;
            }

            for (var i = 0; i < statuses.Count; i++)
            {
                if (statuses[i].Name == before.Name && statuses[i].State.Terminated is null)
                {
                    errors.Forbidden(FieldPath.Status.Child(field).Index(i), "state", "may not be transitioned to non-terminated state");
                }
            }
        }
    }
}
