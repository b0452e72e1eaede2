using System.Net;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Nodes;

/// <summary>exec, attach and proxies: what the server decides before it connects anybody.</summary>
public sealed class ConnectionTests
{
    private const string Registration = "/apis/admissionregistration.k8s.io/v1/";

    [Fact]
    public async Task Admission_judges_the_options_of_a_connection()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await LiveServer.StartAsync(token);
        await PostAsync(server, "/api/v1/namespaces/default/serviceaccounts", """{"metadata":{"name":"default"}}""");
        await PostAsync(server, "/api/v1/namespaces/default/pods", """{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}]}}""");
        await PostAsync(server, Registration + "validatingadmissionpolicies", """
            {"metadata":{"name":"no-shells"},"spec":{
              "matchConstraints":{"resourceRules":[{"apiGroups":[""],"apiVersions":["v1"],"operations":["CONNECT"],"resources":["pods/exec"]}]},
              "validations":[{"expression":"object.kind == 'PodExecOptions' && object.command[0] != 'sh' && object.stdin","message":"no shells"}]}}
            """);
        await PostAsync(server, Registration + "validatingadmissionpolicybindings", """{"metadata":{"name":"no-shells"},"spec":{"policyName":"no-shells","validationActions":["Deny"]}}""");

        // The policy is known a moment after its creation was answered.
        string denied;
        do
        {
            denied = await ExecAsync("sh");
        }
        while (!denied.Contains("no shells", StringComparison.Ordinal));

        // A container that is named twice is meant once: client-go does so.
        Assert.Contains("pod p does not have a host assigned", await ExecAsync("ls"), StringComparison.Ordinal);

        // A command may be long: it is in the address.
        Assert.Contains("pod p does not have a host assigned", await ExecAsync(new string('a', 20_000)), StringComparison.Ordinal);

        // Admission comes before the question whether there is such a pod.
        Assert.Contains("no shells", await ExecAsync("sh", "missing"), StringComparison.Ordinal);
        Assert.Contains("pods \\\"missing\\\" not found", await ExecAsync("ls", "missing"), StringComparison.Ordinal);

        async Task<string> ExecAsync(string command, string pod = "p")
        {
            using var answer = await server.SendAsync(HttpMethod.Post, $"/api/v1/namespaces/default/pods/{pod}/exec?container=c&container=c&stdin=true&command={command}&command=-l", null, token);
            return await answer.Content.ReadAsStringAsync(token);
        }
    }

    [Fact]
    public async Task Proxy_does_not_lead_to_the_server_itself_and_wants_a_trailing_slash()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await LiveServer.StartAsync(token);
        await PostAsync(server, "/api/v1/namespaces/default/services", """{"metadata":{"name":"web"},"spec":{"ports":[{"port":80}]}}""");
        await PostAsync(server, "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", """
            {"metadata":{"name":"web-1","labels":{"kubernetes.io/service-name":"web"}},"addressType":"IPv4","endpoints":[{"addresses":["192.0.2.7"]}],"ports":[{"name":"","port":8080}]}
            """);
        await PostAsync(server, "/api/v1/namespaces/default/serviceaccounts", """{"metadata":{"name":"default"}}""");
        await PostAsync(server, "/api/v1/namespaces/default/pods", """{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}]}}""");
        using var status = await server.SendAsync(HttpMethod.Patch, "/api/v1/namespaces/default/pods/p/status", """{"status":{"podIP":"127.0.0.1","podIPs":[{"ip":"127.0.0.1"}]}}""", token, "application/merge-patch+json");
        Assert.Equal(HttpStatusCode.OK, status.StatusCode);

        using var refused = await server.SendAsync(HttpMethod.Get, "/api/v1/namespaces/default/pods/p/proxy/", null, token);
        Assert.Contains("address not allowed", await refused.Content.ReadAsStringAsync(token), StringComparison.Ordinal);

        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true } };
        using var direct = new HttpClient(handler) { BaseAddress = server.Host.Url };
        direct.DefaultRequestHeaders.Authorization = new("Bearer", "admin-token");
        using var moved = await direct.GetAsync(new Uri("/api/v1/namespaces/default/services/web/proxy?a=b", UriKind.Relative), token);
        Assert.Equal(HttpStatusCode.MovedPermanently, moved.StatusCode);
        Assert.Equal("/api/v1/namespaces/default/services/web/proxy/?a=b", moved.Headers.Location?.ToString());
    }

    private static async Task PostAsync(LiveServer server, string path, string json)
    {
        using var answer = await server.SendAsync(HttpMethod.Post, path, json, TestContext.Current.CancellationToken);
        Assert.True(answer.StatusCode == HttpStatusCode.Created, $"{path}: {await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}");
    }
}
