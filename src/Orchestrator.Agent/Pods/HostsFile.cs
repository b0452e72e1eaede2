using System.Text;

namespace Orchestrator.Agent.Pods;

/// <summary>Writes the /etc/hosts of a pod.</summary>
internal static class HostsFile
{
    private const string Header = "# Kubernetes-managed hosts file.\n";
    private const string HeaderHostNetwork = "# Kubernetes-managed hosts file (host network).\n";

    /// <summary>The text for a pod.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="addresses">Its addresses.</param>
    /// <param name="hostname">Its host name.</param>
    /// <param name="domain">Its domain (subdomain.namespace.svc.cluster), or empty.</param>
    public static string Text(Pod pod, IReadOnlyList<string> addresses, string hostname, string domain)
    {
        var text = new StringBuilder();
        if (pod.UsesHostNetwork)
        {
            text.Append(HeaderHostNetwork).Append(File.Exists("/etc/hosts") ? File.ReadAllText("/etc/hosts") : "");
        }
        else
        {
            text.Append(Header)
                .Append("127.0.0.1\tlocalhost\n")
                .Append("::1\tlocalhost ip6-localhost ip6-loopback\n")
                .Append("fe00::0\tip6-localnet\n")
                .Append("fe00::0\tip6-mcastprefix\n")
                .Append("fe00::1\tip6-allnodes\n")
                .Append("fe00::2\tip6-allrouters\n");
            foreach (var address in addresses)
            {
                text.Append(domain.Length > 0 ? $"{address}\t{hostname}.{domain}\t{hostname}\n" : $"{address}\t{hostname}\n");
            }
        }

        if (pod.Spec.HostAliases.Count > 0)
        {
            text.Append("\n# Entries added by HostAliases.\n");
            foreach (var alias in pod.Spec.HostAliases)
            {
                text.Append(alias.Ip).Append('\t').AppendJoin('\t', alias.Hostnames).Append('\n');
            }
        }

        return text.ToString();
    }
}
