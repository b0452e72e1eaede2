using System.Net;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Validation.Core;

/// <summary>Where a load balancer says it listens.</summary>
internal static class LoadBalancerValidator
{
    public static void Validate(ApiList<LoadBalancerIngress> ingress, bool isLoadBalancer, FieldErrorList errors)
    {
        var list = FieldPath.Status.Child("loadBalancer").Child("ingress");
        if (ingress.Count > 0 && !isLoadBalancer)
        {
            errors.Forbidden(list, "may only be used when `spec.type` is 'LoadBalancer'");
            return;
        }

        for (var i = 0; i < ingress.Count; i++)
        {
            var path = list.Index(i);
            if (ingress[i].Ip.Length > 0)
            {
                errors.InvalidEach(path, "ip", ingress[i].Ip, IpFormats.Ip(ingress[i].Ip));
                if (ingress[i].IpMode is null)
                {
                    errors.Missing(path, "ipMode", "must be specified when `ip` is set");
                }
            }
            else if (ingress[i].IpMode is not null)
            {
                errors.Forbidden(path, "ipMode", "may not be specified when `ip` is not set");
            }

            if (ingress[i].IpMode is { } mode)
            {
                errors.OneOf(path, "ipMode", mode, "Proxy", "VIP");
            }

            Hostname(ingress[i].Hostname, path, errors);
        }
    }

    public static void Hostname(string hostname, FieldPath path, FieldErrorList errors)
    {
        if (hostname.Length == 0)
        {
            return;
        }

        errors.InvalidEach(path, "hostname", hostname, Formats.DnsSubdomain(hostname));
        if (IpFormats.TryParse(hostname, out IPAddress _, out _))
        {
            errors.Invalid(path, "hostname", hostname, "must be a DNS name, not an IP address");
        }
    }
}
