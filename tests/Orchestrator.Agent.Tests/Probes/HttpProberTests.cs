using System.Net;
using System.Net.Sockets;
using System.Text;
using Orchestrator.Agent.Probes;

namespace Orchestrator.Agent.Tests.Probes;

public sealed class HttpProberTests
{
    [Fact]
    public async Task Answer_with_an_error_is_a_failure_but_an_answer()
    {
        var outcome = await ProbeAsync("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal(new ProbeOutcome(ProbeVerdict.Failure, "HTTP probe failed with statuscode: 404", IsAnswer: true), outcome);
    }

    [Fact]
    public async Task What_is_no_answer_is_quoted()
    {
        var outcome = await ProbeAsync("hello\r\n\r\n");

        Assert.False(outcome.IsAnswer);
        Assert.EndsWith("net/http: HTTP/1.x transport connection broken: malformed HTTP response \"hello\"", outcome.Output);
    }

    private static async Task<ProbeOutcome> ProbeAsync(string answer)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var probe = HttpProber.ProbeAsync(
            new() { Port = ((IPEndPoint)listener.LocalEndpoint).Port }, new(), "127.0.0.1", TimeSpan.FromSeconds(30), "test", cancellationToken);
        using var client = await listener.AcceptTcpClientAsync(cancellationToken);
        var stream = client.GetStream();
        await stream.ReadAtLeastAsync(new byte[4096], 4, cancellationToken: cancellationToken);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(answer), cancellationToken);
        return await probe;
    }
}
