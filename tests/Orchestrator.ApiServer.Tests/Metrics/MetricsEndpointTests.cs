using System.Net;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Metrics;

public sealed class MetricsEndpointTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_live_server_tells_its_requests_store_admission_and_health()
    {
        await using var server = await LiveServer.StartAsync(Cancel);
        using var made = await server.SendAsync(
            HttpMethod.Post, "/api/v1/namespaces/default/configmaps", """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"one"}}""", Cancel);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        await server.GetAsync("/api/v1/namespaces/default/configmaps/one", Cancel);
        using var missing = await server.SendAsync(HttpMethod.Get, "/api/v1/namespaces/default/configmaps/two", null, Cancel);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);

        var text = await server.GetAsync("/metrics", Cancel);
        const string Get = "component=\"apiserver\",dry_run=\"\",group=\"\",resource=\"configmaps\",scope=\"resource\",subresource=\"\",verb=\"GET\",version=\"v1\"}";
        Assert.Contains("apiserver_request_total{code=\"200\"," + Get + " 1\n", text, StringComparison.Ordinal);
        Assert.Contains("apiserver_request_total{code=\"404\"," + Get + " 1\n", text, StringComparison.Ordinal);
        Assert.Contains("apiserver_request_duration_seconds_count{" + Get + " 2\n", text, StringComparison.Ordinal);
        Assert.Contains("apiserver_storage_objects{resource=\"configmaps\"} ", text, StringComparison.Ordinal);
        Assert.Contains("etcd_request_duration_seconds_count{group=\"\",operation=\"create\",resource=\"configmaps\"} ", text, StringComparison.Ordinal);
        Assert.Contains("apiserver_admission_controller_admission_duration_seconds_count{name=\"NamespaceLifecycle\",operation=\"CREATE\",rejected=\"false\",type=\"admit\"} ", text, StringComparison.Ordinal);
        Assert.Contains("apiserver_current_inflight_requests{request_kind=\"readOnly\"} ", text, StringComparison.Ordinal);
        Assert.Contains("kubernetes_build_info{", text, StringComparison.Ordinal);
        Assert.Contains("process_resident_memory_bytes ", text, StringComparison.Ordinal);

        Assert.Contains("kubernetes_healthcheck{name=\"etcd\",type=\"readyz\"} 1\n", await server.GetAsync("/metrics/slis", Cancel), StringComparison.Ordinal);
        using var stranger = server.NewClient("quiet-token");
        using var refused = await stranger.GetAsync(new Uri("/metrics", UriKind.Relative), Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }

    [Fact]
    public async Task Health_is_told_check_by_check_to_anybody()
    {
        await using var server = await LiveServer.StartAsync(Cancel);
        var verbose = await server.GetAsync("/readyz?verbose&exclude=etcd&exclude=nonsense", Cancel);
        Assert.StartsWith("[+]ping ok\n[+]log ok\n[+]etcd excluded: ok\n", verbose, StringComparison.Ordinal);
        Assert.EndsWith("warn: some health checks cannot be excluded: no matches for \"nonsense\"\nreadyz check passed\n", verbose, StringComparison.Ordinal);
        Assert.Equal("ok", await server.GetAsync("/livez/poststarthook/rbac/bootstrap-roles", Cancel));
        using var missing = await server.SendAsync(HttpMethod.Get, "/livez/shutdown", null, Cancel);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        Assert.Contains("kube-apiserver statusz", await server.GetAsync("/statusz", Cancel), StringComparison.Ordinal);
    }
}
