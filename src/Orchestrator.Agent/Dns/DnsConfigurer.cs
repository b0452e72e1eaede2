using System.Net;
using Orchestrator.Agent.Pods;

namespace Orchestrator.Agent.Dns;

/// <summary>Makes the resolver configuration of pods.</summary>
internal sealed class DnsConfigurer(NodeAgentOptions options)
{
    // What glibc takes, and what the kubelet cuts at.
    private const int NameserversMax = 3;
    private const int SearchesMax = 32;

    /// <summary>Servers, search domains and options of a pod.</summary>
    public Cri.DNSConfig Configure(Pod pod)
    {
        var policy = pod.Spec.DnsPolicy;
        if (policy == "ClusterFirst" && pod.UsesHostNetwork)
        {
            policy = "Default";
        }

        var cluster = policy is "ClusterFirst" or "ClusterFirstWithHostNet" && options.ClusterDns.Count > 0;
        var host = policy == "None" ? new ResolverConfig([], [], []) : ResolverConfig.Read(options.ResolverConfigPath);
        List<string> servers = cluster ? [.. options.ClusterDns.Select(a => a.ToString())] : [.. host.Servers];
        List<string> searches = [.. host.Searches];
        List<string> resolverOptions = [.. host.Options];
        if (cluster)
        {
            var domain = options.ClusterDomain;
            searches = [$"{pod.Metadata.Namespace}.svc.{domain}", $"svc.{domain}", domain, .. searches];
            resolverOptions = ["ndots:5"];
        }

        if (pod.Spec.DnsConfig is { } own)
        {
            servers = [.. servers.Concat(own.Nameservers).Distinct()];
            searches = [.. searches.Concat(own.Searches).Distinct()];
            resolverOptions = Merge(resolverOptions, own.Options);
        }

        return new Cri.DNSConfig
        {
            Servers = { servers.Take(NameserversMax) },
            Searches = { searches.Distinct().Take(SearchesMax) },
            Options = { resolverOptions },
        };
    }

    private static List<string> Merge(List<string> present, IEnumerable<PodDNSConfigOption> own)
    {
        var merged = new Dictionary<string, string>();
        foreach (var option in present)
        {
            var colon = option.IndexOf(':');
            merged[colon < 0 ? option : option[..colon]] = option;
        }

        foreach (var option in own)
        {
            merged[option.Name] = option.Value is { Length: > 0 } value ? $"{option.Name}:{value}" : option.Name;
        }

        return [.. merged.Values];
    }
}
