using System.Text.Json.Nodes;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.OpenApi;

public sealed class OpenApiDocumentTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Resource_metrics_are_documented_though_they_have_no_store()
    {
        await using var server = await LiveServer.StartAsync(Cancel, static (options, _) => options with { ResourceMetrics = true });
        const string Name = "apis/metrics.k8s.io/v1beta1";
        while (!(await server.GetAsync("/openapi/v3", Cancel)).Contains($"\"/openapi/v3/{Name}?hash=", StringComparison.Ordinal))
        {
            // The group is served once its APIService is stored.
            await Task.Yield();
        }

        var document = await server.GetAsync("/openapi/v3/" + Name, Cancel);
        Assert.Contains("\"/apis/metrics.k8s.io/v1beta1/namespaces/{namespace}/pods/{name}\"", document, StringComparison.Ordinal);
        Assert.Contains("\"io.k8s.metrics.pkg.apis.metrics.v1beta1.PodMetrics\"", document, StringComparison.Ordinal);
        Assert.Contains("io.k8s.metrics.pkg.apis.metrics.v1beta1.NodeMetricsList", await server.GetAsync("/openapi/v2", Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Operations_are_named_and_described_as_clients_are_generated_from_them()
    {
        await using var server = await LiveServer.StartAsync(Cancel);
        var paths = JsonNode.Parse(await server.GetAsync("/openapi/v3/api/v1", Cancel))!["paths"]!;
        var pods = paths["/api/v1/namespaces/{namespace}/pods"]!;
        Assert.Equal(["namespace", "pretty"], Names(pods));
        Assert.Equal("deleteCoreV1CollectionNamespacedPod", (string?)pods["delete"]!["operationId"]);
        Assert.Equal("create a Pod", (string?)pods["post"]!["description"]);
        Assert.Equal(["200", "201", "202", "401"], pods["post"]!["responses"]!.AsObject().Select(static r => r.Key));
        Assert.Equal("#/components/schemas/io.k8s.api.core.v1.Pod", (string?)paths["/api/v1/namespaces/{namespace}/pods/{name}"]!["delete"]!["responses"]!["200"]!["content"]!["application/json"]!["schema"]!["$ref"]);

        // A single operation's parameters are all its path's.
        Assert.Contains("labelSelector", Names(paths["/api/v1/pods"]!));
        Assert.Null(paths["/api/v1/pods"]!["get"]!["parameters"]);
        Assert.Equal(["command", "container", "name", "namespace", "stderr", "stdin", "stdout", "tty"], Names(paths["/api/v1/namespaces/{namespace}/pods/{name}/exec"]!));
        Assert.Equal("connectCoreV1PutNamespacedPodProxyWithPath", (string?)paths["/api/v1/namespaces/{namespace}/pods/{name}/proxy/{path}"]!["put"]!["operationId"]);
        Assert.Equal("watchlist", (string?)paths["/api/v1/watch/namespaces/{namespace}/pods"]!["get"]!["x-kubernetes-action"]);
        Assert.Equal("getCoreV1APIResources", (string?)paths["/api/v1/"]!["get"]!["operationId"]);
        Assert.Contains("getAppsAPIGroup", await server.GetAsync("/openapi/v3/apis/apps", Cancel), StringComparison.Ordinal);
        Assert.Contains("\"/openapi/v3/version?hash=", await server.GetAsync("/openapi/v3", Cancel), StringComparison.Ordinal);

        var swagger = JsonNode.Parse(await server.GetAsync("/openapi/v2", Cancel))!;
        Assert.Equal(["body", "dryRun", "fieldManager", "fieldValidation"], Names(swagger["paths"]!["/api/v1/namespaces/{namespace}/pods"]!["post"]!));
        Assert.Equal(60, swagger["definitions"]!["io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"]!["x-kubernetes-group-version-kind"]!.AsArray().Count);

        static IEnumerable<string?> Names(JsonNode node) => node["parameters"]!.AsArray().Select(static p => (string?)p!["name"]);
    }

    [Fact]
    public async Task Custom_resources_are_described_with_what_their_definitions_mean()
    {
        await using var server = await LiveServer.StartAsync(Cancel);
        const string Definition = """
            {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"widgets.example.com"},"spec":{"group":"example.com","scope":"Namespaced",
            "names":{"plural":"widgets","kind":"Widget"},"versions":[{"name":"v1","served":true,"storage":true,"selectableFields":[{"jsonPath":".spec.color"}],
            "schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object","properties":{"color":{"type":"string"},"size":{"x-kubernetes-int-or-string":true}}}}}}}]}}
            """;
        using var made = await server.SendAsync(HttpMethod.Post, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", Definition, Cancel);
        while (!(await server.GetAsync("/openapi/v3", Cancel)).Contains("apis/example.com/v1", StringComparison.Ordinal))
        {
            // Until it is served.
            await Task.Yield();
        }

        var document = JsonNode.Parse(await server.GetAsync("/openapi/v3/apis/example.com/v1", Cancel))!;
        var widget = document["components"]!["schemas"]!["com.example.v1.Widget"]!;
        Assert.Equal("""[{"fieldPath":"spec.color"}]""", widget["x-kubernetes-selectable-fields"]!.ToJsonString());
        Assert.Equal("""[{"type":"integer"},{"type":"string"}]""", widget["properties"]!["spec"]!["properties"]!["size"]!["anyOf"]!.ToJsonString());
        var collection = document["paths"]!["/apis/example.com/v1/namespaces/{namespace}/widgets"]!;
        Assert.Equal("createExampleComV1NamespacedWidget", (string?)collection["post"]!["operationId"]);
        Assert.Equal(["application/json", "application/yaml"], collection["post"]!["requestBody"]!["content"]!.AsObject().Select(static c => c.Key));
    }
}
