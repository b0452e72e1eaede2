using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Http;

public sealed class BrokenBodyTests
{
    [Fact]
    public async Task Body_that_breaks_off_is_the_clients_fault()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await LiveServer.StartAsync(token);
        using var connection = new TcpClient();
        await connection.ConnectAsync(server.Host.Url.Host, server.Host.Url.Port, token);
        await using var stream = new SslStream(connection.GetStream(), false, static (_, _, _, _) => true);
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost" }, token);

        await stream.WriteAsync(
            Encoding.ASCII.GetBytes("""
            POST /api/v1/namespaces/default/configmaps HTTP/1.1
            Host: localhost
            Authorization: Bearer admin-token
            Content-Type: application/json
            Transfer-Encoding: chunked

            not a length

            """.ReplaceLineEndings("\r\n")),
            token);
        using var reader = new StreamReader(stream);

        Assert.Equal("HTTP/1.1 400 Bad Request", await reader.ReadLineAsync(token));
    }
}
