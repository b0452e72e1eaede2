using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Agent.Http;

namespace Orchestrator.Agent.Tests.Http;

public sealed class NodeLogsEndpointTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public NodeLogsEndpointTests()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "secret"), "secret");
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "log", "app"));
        File.WriteAllText(Path.Combine(_folder.FullName, "log", "a<b.log"), "line\n");
        File.CreateSymbolicLink(Path.Combine(_folder.FullName, "log", "out"), Path.Combine(_folder.FullName, "secret"));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Folder_is_a_page_of_links()
    {
        var (status, body) = await GetAsync("/logs/", "");

        Assert.Equal(200, status);
        Assert.Contains("<a href=\"a%3Cb.log\">a&lt;b.log</a>\n<a href=\"app/\">app/</a>\n", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a<b.log", 200, "line\n")]
    [InlineData("missing", 404, "404 page not found\n")]
    [InlineData("../secret", 404, "404 page not found\n")]
    [InlineData("out", 404, "404 page not found\n")]
    public async Task Only_what_is_in_the_folder_is_shown(string path, int status, string body) => Assert.Equal((status, body), await GetAsync("/logs/" + path, path));

    private async Task<(int Status, string Body)> GetAsync(string requestPath, string path)
    {
        var body = new MemoryStream();
        var context = new DefaultHttpContext { RequestServices = new ServiceCollection().AddLogging().BuildServiceProvider() };
        (context.Request.Path, context.Response.Body) = (requestPath, body);
        var endpoint = new NodeLogsEndpoint(new NodeAgentOptions { NodeName = "n", NodeAddresses = [], RuntimeEndpoint = "", SystemLogsDirectory = Path.Combine(_folder.FullName, "log") });
        await endpoint.Serve(context, path).ExecuteAsync(context);
        return (context.Response.StatusCode, System.Text.Encoding.UTF8.GetString(body.ToArray()));
    }
}
