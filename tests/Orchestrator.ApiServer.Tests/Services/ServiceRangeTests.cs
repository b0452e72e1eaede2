using System.Net;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Services;

public sealed class ServiceRangeTests
{
    private const string Ranges = "/apis/networking.k8s.io/v1/servicecidrs";
    private const string Services = "/api/v1/namespaces/default/services";

    [Fact]
    public async Task Services_get_addresses_of_every_ready_range_and_an_object_for_each()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var server = await LiveServer.StartAsync(cancellationToken);

        // 1. A range that nobody has called ready gives nothing.
        await server.SendAsync(HttpMethod.Post, Ranges, """{"metadata":{"name":"more"},"spec":{"cidrs":["192.0.2.0/29"]}}""", cancellationToken);
        Assert.Contains("failed to allocate IP 192.0.2.3: the provided network does not match the current range", await CreateAsync("early", "192.0.2.3"), StringComparison.Ordinal);

        // 2. A ready one does.
        await server.SendAsync(
            HttpMethod.Patch, Ranges + "/more/status", """{"status":{"conditions":[{"type":"Ready","status":"True","reason":"","lastTransitionTime":"2031-01-01T00:00:00Z"}]}}""", cancellationToken, "application/merge-patch+json");
        await UntilAsync(async () => (await CreateAsync("s", "192.0.2.3")).Contains("\"clusterIP\":\"192.0.2.3\"", StringComparison.Ordinal));
        Assert.Contains("provided IP is already allocated", await CreateAsync("other", "192.0.2.3"), StringComparison.Ordinal);

        // 3. Its object comes, comes back, and goes with the Service.
        const string Address = "/apis/networking.k8s.io/v1/ipaddresses/192.0.2.3";
        await UntilAsync(async () => await StatusAsync(Address) == HttpStatusCode.OK);
        Assert.Contains("\"parentRef\":{\"resource\":\"services\",\"namespace\":\"default\",\"name\":\"s\"}", await server.GetAsync(Address, cancellationToken), StringComparison.Ordinal);
        await server.SendAsync(HttpMethod.Delete, Address, null, cancellationToken);
        await UntilAsync(async () => await StatusAsync(Address) == HttpStatusCode.OK);
        await server.SendAsync(HttpMethod.Delete, Services + "/s", null, cancellationToken);
        await UntilAsync(async () => await StatusAsync(Address) == HttpStatusCode.NotFound);

        // 4. An address that somebody keeps for himself is not given.
        await server.SendAsync(
            HttpMethod.Post, "/apis/networking.k8s.io/v1/ipaddresses", """{"metadata":{"name":"192.0.2.4"},"spec":{"parentRef":{"resource":"widgets","name":"w"}}}""", cancellationToken);
        Assert.Contains("provided IP is already allocated", await CreateAsync("mine", "192.0.2.4"), StringComparison.Ordinal);

        // 5. A range that goes gives nothing any more.
        await server.SendAsync(HttpMethod.Delete, Ranges + "/more", null, cancellationToken);
        await UntilAsync(async () => (await CreateAsync("late", "192.0.2.5", dryRun: true)).Contains("does not match the current range", StringComparison.Ordinal));

        async Task<string> CreateAsync(string name, string address, bool dryRun = false)
        {
            using var answer = await server.SendAsync(
                HttpMethod.Post, Services + (dryRun ? "?dryRun=All" : ""), $$$"""{"metadata":{"name":"{{{name}}}"},"spec":{"clusterIP":"{{{address}}}","ports":[{"port":80}]}}""", cancellationToken);
            return await answer.Content.ReadAsStringAsync(cancellationToken);
        }

        async Task<HttpStatusCode> StatusAsync(string path)
        {
            using var answer = await server.SendAsync(HttpMethod.Get, path, null, cancellationToken);
            return answer.StatusCode;
        }

        async Task UntilAsync(Func<Task<bool>> holds)
        {
            var started = TimeProvider.System.GetTimestamp();
            while (!await holds())
            {
                Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromMinutes(1), "waited for a minute");
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, cancellationToken);
            }
        }
    }
}
