using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Http;

public sealed class RequestDeadlineTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Client_may_say_how_long_it_waits()
    {
        await using var server = await LiveServer.StartAsync(Cancel);

        // A revision that does not come is waited for, but not by this client.
        var late = await server.SendAsync(HttpMethod.Get, "/api/v1/configmaps?resourceVersion=99999999&timeout=1ms", null, Cancel);
        Assert.Equal(504, (int)late.StatusCode);
        Assert.Contains("Timeout: request did not complete within the allotted timeout", await late.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);

        var bad = await server.SendAsync(HttpMethod.Get, "/api/v1/configmaps?timeout=5", null, Cancel);
        Assert.Equal(400, (int)bad.StatusCode);
        Assert.Contains("invalid timeout specified in the request URL - time: missing unit in duration \\\"5\\\"", await bad.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);

        foreach (var timeout in (string[])["0s", "-1s", "32s", "2h"])
        {
            Assert.Equal(200, (int)(await server.SendAsync(HttpMethod.Get, "/api/v1/configmaps?timeout=" + timeout, null, Cancel)).StatusCode);
        }
    }
}
