using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Orchestrator.ApiServer.Tests.Support;
using Orchestrator.Client;

namespace Orchestrator.ApiServer.Tests.Aggregation;

public sealed class AggregationTests
{
    private const string ApiServices = "/apis/apiregistration.k8s.io/v1/apiservices";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_go_to_the_registered_server_with_the_users_identity()
    {
        string? asker = null;
        string? shown = null;
        await using var remote = await TlsServer.StartAsync(
            async context =>
            {
                if (context.Request.Path.Value!.Contains("gadgets", StringComparison.Ordinal))
                {
                    asker = context.Request.Headers["X-Remote-User"] + "/" + string.Join('+', context.Request.Headers["X-Remote-Group"].ToArray()) + "/" + context.Request.Headers.Authorization;
                    shown = context.Features.Get<ITlsConnectionFeature>()?.ClientCertificate?.Subject;
                    if (context.Request.Query["watch"] == "1")
                    {
                        await context.Response.WriteAsync("one\n");
                        await context.Response.Body.FlushAsync();
                        await Task.Delay(Timeout.Infinite, context.RequestAborted);
                    }
                }

                await context.Response.WriteAsync(Answer(context.Request.Path.Value!));
            },
            Cancel);
        await using var server = await LiveServer.StartAsync(Cancel);
        await OkAsync(server, HttpMethod.Post, ApiServices, """
            {"apiVersion":"apiregistration.k8s.io/v1","kind":"APIService","metadata":{"name":"v1.remote.example.com"},"spec":{
            "group":"remote.example.com","version":"v1","groupPriorityMinimum":200,"versionPriority":20,"service":{"namespace":"d","name":"hook","port":443},
            "caBundle":"BUNDLE"}}
            """.Replace("BUNDLE", Convert.ToBase64String(Encoding.UTF8.GetBytes(remote.AuthorityPem)), StringComparison.Ordinal));
        await AvailableAsync(server, "False", "ServiceNotFound");
        using (var unavailable = await server.SendAsync(HttpMethod.Get, "/apis/remote.example.com/v1/gadgets", null, Cancel))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, unavailable.StatusCode);
            Assert.Equal("service unavailable\n", await unavailable.Content.ReadAsStringAsync(Cancel));
        }

        // Controllers in the server's process know as well what they cannot see.
        var controllers = server.Host.CreateClient("system:tests");
        Assert.Equal(["remote.example.com/v1"], (await controllers.DiscoverAsync(Cancel)).Value.FailedGroupVersions);

        await OkAsync(server, HttpMethod.Post, "/api/v1/namespaces", """{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"d"}}""");
        await OkAsync(server, HttpMethod.Post, "/api/v1/namespaces/d/services", """{"apiVersion":"v1","kind":"Service","metadata":{"name":"hook"},"spec":{"ports":[{"name":"https","port":443}]}}""");
        await OkAsync(server, HttpMethod.Post, "/apis/discovery.k8s.io/v1/namespaces/d/endpointslices", """
            {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"hook","labels":{"kubernetes.io/service-name":"hook"}},"addressType":"IPv4",
            "ports":[{"name":"https","port":PORT}],"endpoints":[{"addresses":["ADDRESS"]}]}
            """.Replace("PORT", remote.Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal).Replace("ADDRESS", HostAddress(), StringComparison.Ordinal));
        await AvailableAsync(server, "True", "Passed");

        Assert.Equal("[]", await server.GetAsync("/apis/remote.example.com/v1/gadgets", Cancel));
        Assert.Equal("admin/system:masters+system:authenticated/", asker);
        Assert.Contains("front-proxy-client", shown, StringComparison.Ordinal);
        Assert.Contains("\"remote.example.com/v1\"", await server.GetAsync("/apis", Cancel), StringComparison.Ordinal);
        using (var aggregated = new HttpRequestMessage(HttpMethod.Get, "/apis") { Version = HttpVersion.Version20 })
        {
            aggregated.Headers.TryAddWithoutValidation("Accept", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
            using var answer = await server.Http.SendAsync(aggregated, Cancel);
            Assert.Contains("\"gadgets\"", await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        }

        var discovered = (await controllers.DiscoverAsync(Cancel)).Value;
        Assert.Empty(discovered.FailedGroupVersions);
        var gadgets = discovered.Resources.Single(static r => r.Resource == "gadgets");
        Assert.True((await controllers.DeleteCollectionAsync(new ResourcePath(gadgets, ""), null, null, Cancel)).IsOk);
        Assert.Equal("system:tests/system:masters+system:authenticated/", asker);

        // Events come as they happen.
        using (var watch = await server.Http.GetAsync(new Uri("/apis/remote.example.com/v1/gadgets?watch=1", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Cancel))
        {
            using var reader = new StreamReader(await watch.Content.ReadAsStreamAsync(Cancel));
            Assert.Equal("one", await reader.ReadLineAsync(Cancel));
        }

        await OkAsync(server, HttpMethod.Delete, ApiServices + "/v1.remote.example.com", null);
        for (var i = 0; ; i++)
        {
            using var gone = await server.SendAsync(HttpMethod.Get, "/apis/remote.example.com/v1", null, Cancel);
            if (gone.StatusCode == HttpStatusCode.NotFound)
            {
                break;
            }

            Assert.True(i < 100);
            await Task.Delay(50, Cancel);
        }
    }

    [Fact]
    public async Task Every_group_version_of_the_server_has_its_own_registration()
    {
        await using var server = await LiveServer.StartAsync(Cancel);
        var apps = JsonNode.Parse(await server.GetAsync(ApiServices + "/v1.apps", Cancel))!;
        Assert.Equal("onstart", (string)apps["metadata"]!["labels"]!["kube-aggregator.kubernetes.io/automanaged"]!);
        Assert.Equal("Local", (string)apps["status"]!["conditions"]![0]!["reason"]!);
        Assert.Contains("requestheader-client-ca-file", await server.GetAsync("/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication", Cancel), StringComparison.Ordinal);
    }

    private static string Answer(string path) => path switch
    {
        "/apis/remote.example.com/v1" =>
            """{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"remote.example.com/v1","resources":[{"name":"gadgets","singularName":"gadget","namespaced":false,"kind":"Gadget","verbs":["get","list"]}]}""",
        "/openapi/v2" => "{}",
        _ => "[]",
    };

    /// <summary>Endpoints may not be loopback addresses.</summary>
    private static string HostAddress() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(static n => n.OperationalStatus == OperationalStatus.Up && n.NetworkInterfaceType != NetworkInterfaceType.Loopback)
        .SelectMany(static n => n.GetIPProperties().UnicastAddresses)
        .First(static a => a.Address.AddressFamily == AddressFamily.InterNetwork && !a.Address.ToString().StartsWith("169.254.", StringComparison.Ordinal))
        .Address.ToString();

    private static async Task AvailableAsync(LiveServer server, string status, string reason)
    {
        for (var i = 0; ; i++)
        {
            var conditions = JsonNode.Parse(await server.GetAsync(ApiServices + "/v1.remote.example.com", Cancel))!["status"]?["conditions"];
            if (conditions is JsonArray { Count: > 0 } && (string)conditions[0]!["status"]! == status && (string)conditions[0]!["reason"]! == reason)
            {
                return;
            }

            Assert.True(i < 200, conditions?.ToJsonString() ?? "no condition");
            await Task.Delay(100, Cancel);
        }
    }

    private static async Task OkAsync(LiveServer server, HttpMethod method, string path, string? body)
    {
        using var answer = await server.SendAsync(method, path, body, Cancel);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancel));
    }
}
