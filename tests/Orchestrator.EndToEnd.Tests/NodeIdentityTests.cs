using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Orchestrator.EndToEnd.Tests.Cluster;
using Orchestrator.EndToEnd.Tests.Machine;

namespace Orchestrator.EndToEnd.Tests;

/// <summary>What somebody can do who has taken a node's certificates.</summary>
[Collection(Collections.Users)]
public sealed class NodeIdentityTests(RunningCluster cluster) : ClusterTest(cluster)
{
    [Fact]
    public async Task Agent_reads_its_own_pods_only_and_the_network_reads_what_it_needs()
    {
        Assert.Contains("Forbidden", (await AsAsync("client", "get", "pods", "-A")).Failed(), StringComparison.Ordinal);
        Assert.Contains("Forbidden", (await AsAsync("client", "get", "nodes")).Failed(), StringComparison.Ordinal);
        Assert.Contains("Forbidden", (await AsAsync("client", "get", "namespaces")).Failed(), StringComparison.Ordinal);
        (await AsAsync("client", "get", "pods", "-A", "--field-selector", "spec.nodeName=" + RunningCluster.NodeName)).Succeeded();
        (await AsAsync("client", "get", "node", RunningCluster.NodeName)).Succeeded();

        (await AsAsync("network", "get", "pods,nodes,namespaces,services,endpointslices,networkpolicies", "-A")).Succeeded();
        Assert.Contains("Forbidden", (await AsAsync("network", "get", "secrets", "-A")).Failed(), StringComparison.Ordinal);
        Assert.Contains("Forbidden", (await AsAsync("network", "label", "node", RunningCluster.NodeName, "a=b")).Failed(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("own", "one", null, true)]
    [InlineData("server-address", "one", 1, false)]
    [InlineData("service-address", "one", 77, false)]
    [InlineData("server-name", "kubernetes.default.svc", null, false)]
    [InlineData("other-name", "two", null, false)]
    public async Task Serving_certificate_is_approved_for_the_nodes_own_names_only(string request, string name, int? numberOfAddress, bool approved)
    {
        // An address of the Services' range, of which the first is the server's.
        var address = numberOfAddress is { } number ? RunningCluster.ServerAddress[..^1] + number : null;
        await CreateRequestAsync(request, name, address);
        try
        {
            // Approved ones take an instant; for one that is not, a later one that is shows that the approver has passed it.
            var marker = request;
            if (!approved)
            {
                marker = request + "-after";
                await CreateRequestAsync(marker, RunningCluster.NodeName, null);
            }

            await Eventually.HoldsAsync($"{marker} is issued", TimeSpan.FromSeconds(60), async () =>
                (await Cluster.Kubectl.PathAsync("csr/" + marker, "{.status.certificate}")).Length > 0);
            Assert.Equal(approved, (await Cluster.Kubectl.PathAsync("csr/" + request, "{.status.certificate}")).Length > 0);
        }
        finally
        {
            await Cluster.Kubectl.DoAsync("delete", "csr", request, request + "-after", "--ignore-not-found");
        }
    }

    private async Task CreateRequestAsync(string request, string name, string? address)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddOrganizationName("system:nodes");
        subject.AddCommonName("system:node:" + RunningCluster.NodeName);
        var made = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        if (address is not null)
        {
            names.AddIpAddress(IPAddress.Parse(address));
        }

        made.CertificateExtensions.Add(names.Build());
        var manifest = $"""
            apiVersion: certificates.k8s.io/v1
            kind: CertificateSigningRequest
            metadata: {"{"}name: {request}{"}"}
            spec:
              signerName: kubernetes.io/kubelet-serving
              usages: [digital signature, server auth]
              request: {Convert.ToBase64String(Encoding.ASCII.GetBytes(made.CreateSigningRequestPem()))}
            """;
        (await Programs.RunAsync(As("client", "create", "--validate=false", "-f", "-"), manifest)).Succeeded();
    }

    private Task<Run> AsAsync(string identity, params string[] arguments) => Programs.RunAsync(As(identity, arguments), input: null);

    private System.Diagnostics.ProcessStartInfo As(string identity, params string[] arguments)
    {
        var pki = Path.Combine(Cluster.DataDirectory, "agent/pki");
        // No kubeconfig: the administrator's certificate in it would go first.
        return new Kubectl(Path.Combine(Cluster.DataDirectory, "no.kubeconfig")).Start(
        [
            "--server", $"https://127.0.0.1:{Cluster.HttpsPort}", "--certificate-authority", Path.Combine(pki, "ca.crt"),
            "--client-certificate", Path.Combine(pki, identity + ".crt"), "--client-key", Path.Combine(pki, identity + ".key"), .. arguments,
        ]);
    }
}
