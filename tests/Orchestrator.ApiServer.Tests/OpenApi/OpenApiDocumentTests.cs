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
}
