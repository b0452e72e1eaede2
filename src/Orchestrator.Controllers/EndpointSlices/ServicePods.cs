using System.Net;
using System.Net.Sockets;
using Orchestrator.Api.Selectors;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.EndpointSlices;

/// <summary>Which pods stand behind a Service, and which Services a pod's change concerns.</summary>
internal static class ServicePods
{
    public const string TriggerTimeAnnotation = "endpoints.kubernetes.io/last-change-trigger-time";
    public const string HeadlessLabel = "service.kubernetes.io/headless";

    public static bool IsHeadless(Service service) => service.Spec.ClusterIP == "None";

    public static IEnumerable<Pod> Selected(Service service, IInformer<Pod> pods)
    {
        var selector = LabelMatcher.FromMap(service.Spec.Selector);
        return pods.List(service.Metadata.Namespace).Where(p => selector.Matches(p.Metadata.Labels));
    }

    /// <summary>Whether the pod can be an endpoint at all.</summary>
    public static bool Counts(Pod pod, bool includeTerminating) =>
        !pod.IsTerminal && (pod.Status.PodIP.Length > 0 || pod.Status.PodIPs.Count > 0) && (includeTerminating || !pod.IsBeingDeleted);

    /// <summary>The pod's address of a family (<c>IPv4</c> or <c>IPv6</c>); null if it has none.</summary>
    public static string? Address(Pod pod, string family)
    {
        if (pod.Status.PodIPs.Count == 0)
        {
            return Matches(pod.Status.PodIP) ? pod.Status.PodIP : null;
        }

        foreach (var ip in pod.Status.PodIPs)
        {
            if (Matches(ip.Ip))
            {
                return ip.Ip;
            }
        }

        return null;

        bool Matches(string text) => IPAddress.TryParse(text, out var address)
            && (address.AddressFamily == AddressFamily.InterNetworkV6) == (family == "IPv6");
    }

    /// <summary>The name under which the Service's DNS knows the pod; null if it has none.</summary>
    public static string? Hostname(Service service, Pod pod) =>
        pod.Spec.Hostname.Length > 0 && pod.Spec.Subdomain == service.Metadata.Name ? pod.Spec.Hostname : null;

    /// <summary>Enqueues the Services of pods as they change in ways that endpoints show.</summary>
    public static void Watch(IInformer<Pod> pods, IInformer<Service> services, Action<ObjectKey> enqueue)
    {
        pods.AddHandler(
            added: p => Enqueue(p.Metadata.Namespace, p.Metadata.Labels, null),
            updated: (old, p) =>
            {
                var relabelled = !old.Metadata.Labels.Equals(p.Metadata.Labels);
                if (relabelled || Differs(old, p))
                {
                    Enqueue(p.Metadata.Namespace, p.Metadata.Labels, relabelled ? old.Metadata.Labels : null);
                }
            },
            deleted: p => Enqueue(p.Metadata.Namespace, p.Metadata.Labels, null));

        void Enqueue(string ns, ApiMap<string> labels, ApiMap<string>? formerLabels)
        {
            foreach (var service in services.List(ns))
            {
                if (service.Spec.Selector.Count == 0)
                {
                    continue;
                }

                var selector = LabelMatcher.FromMap(service.Spec.Selector);
                if (selector.Matches(labels) || (formerLabels is not null && selector.Matches(formerLabels)))
                {
                    enqueue(service.Key);
                }
            }
        }
    }

    private static bool Differs(Pod old, Pod pod) =>
        old.IsReady != pod.IsReady
        || old.IsBeingDeleted != pod.IsBeingDeleted
        || old.IsTerminal != pod.IsTerminal
        || old.Spec.NodeName != pod.Spec.NodeName
        || old.Status.PodIP != pod.Status.PodIP
        || !old.Status.PodIPs.Equals(pod.Status.PodIPs)
        || old.Spec.Hostname != pod.Spec.Hostname
        || old.Spec.Subdomain != pod.Spec.Subdomain;
}
