using System.Net;
using Orchestrator.EndToEnd.Tests.Cluster;
using Orchestrator.EndToEnd.Tests.Machine;

namespace Orchestrator.EndToEnd.Tests;

[Collection(Collections.Users)]
public sealed class ServiceTests(RunningCluster cluster) : ClusterTest(cluster)
{
    [Fact]
    public async Task Pod_reaches_a_Service_by_name()
    {
        var space = await NewNamespaceAsync("names");
        await space.DeployWebAsync("web", replicas: 2);

        // Not wget's own -T: the one of Debian's busybox dies of it.
        foreach (var name in (string[])["web", "web.names", "web.names.svc", "web.names.svc.cluster.local"])
        {
            var page = await space.Kubectl.DoAsync("exec", "deployment/web", "--", "timeout", "5", "wget", "-q", "-O", "-", $"http://{name}/");
            Assert.StartsWith("version 1 web-", page, StringComparison.Ordinal);
        }

        // The API itself has a name, too.
        Assert.Contains(RunningCluster.ServerAddress, await space.Kubectl.DoAsync("exec", "deployment/web", "--", "nslookup", "kubernetes.default.svc.cluster.local"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_are_spread_over_the_ready_pods()
    {
        var space = await NewNamespaceAsync("spread");
        var web = await space.DeployWebAsync("web", replicas: 3);
        using var client = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero, UseProxy = false });

        var pages = new HashSet<string>();
        await Eventually.HoldsAsync("each of three pods has answered", TimeSpan.FromSeconds(60), async () => pages.Add(await client.GetStringAsync(web.Url)) && pages.Count == 3);
    }

    [Fact]
    public async Task NodePort_answers_on_the_node()
    {
        var space = await NewNamespaceAsync("nodeport");
        await space.DeployWebAsync("web", replicas: 1);
        await space.Kubectl.DoAsync("expose", "deployment", "web", "--name=outside", "--type=NodePort", "--port=80", "--target-port=http");
        var port = await space.Kubectl.PathAsync("service/outside", "{.spec.ports[0].nodePort}");
        var node = await space.Kubectl.PathAsync("node/" + RunningCluster.NodeName, "{.status.addresses[?(@.type=='InternalIP')].address}");

        using var client = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero, UseProxy = false });
        await Eventually.HoldsAsync("the node's port answers", TimeSpan.FromSeconds(60), async () =>
        {
            try
            {
                return (await client.GetStringAsync(new Uri($"http://{IPAddress.Parse(node)}:{port}/"))).StartsWith("version 1", StringComparison.Ordinal);
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
    }

    [Fact]
    public async Task Headless_Service_is_its_pods_addresses()
    {
        var space = await NewNamespaceAsync("headless");
        await space.DeployWebAsync("web", replicas: 2);
        await space.Kubectl.DoAsync("expose", "deployment", "web", "--name=all", "--cluster-ip=None", "--port=8080");
        var addresses = (await space.Kubectl.DoAsync("get", "pods", "-o", "jsonpath={.items[*].status.podIP}")).Split(' ');

        var answer = "";
        await Eventually.HoldsAsync("the name has both addresses", TimeSpan.FromSeconds(60), async () =>
        {
            answer = (await space.Kubectl.RunAsync("exec", "deployment/web", "--", "nslookup", "all.headless.svc.cluster.local")).Output;
            return addresses.All(address => answer.Contains(address, StringComparison.Ordinal));
        }, () => Task.FromResult(answer));
    }
}
