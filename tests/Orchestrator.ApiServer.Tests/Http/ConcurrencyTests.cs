using System.Net;
using System.Text.Json.Nodes;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Http;

/// <summary>Many clients at once, over HTTP.</summary>
public sealed class ConcurrencyTests
{
    private const string ConfigMaps = "/api/v1/namespaces/default/configmaps";

    private static CancellationToken Timeout => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Patches_without_a_version_all_win()
    {
        await using var server = await LiveServer.StartAsync(Timeout);
        await CreateAsync(server, "shared");
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => server.SendAsync(
            HttpMethod.Patch, ConfigMaps + "/shared", $$$"""{"data":{"k{{{i}}}":"v"}}""", Timeout, "application/merge-patch+json")));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        var stored = JsonNode.Parse(await server.Http.GetStringAsync(ConfigMaps + "/shared", Timeout))!;
        Assert.Equal(40, stored["data"]!.AsObject().Count);
    }

    [Fact]
    public async Task Of_replacements_of_one_version_one_wins()
    {
        await using var server = await LiveServer.StartAsync(Timeout);
        await CreateAsync(server, "shared");
        var version = JsonNode.Parse(await server.Http.GetStringAsync(ConfigMaps + "/shared", Timeout))!["metadata"]!["resourceVersion"]!.ToString();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => server.SendAsync(
            HttpMethod.Put,
            ConfigMaps + "/shared",
            $$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"shared","resourceVersion":"{{{version}}}"},"data":{"winner":"{{{i}}}"}}""",
            Timeout)));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal(19, answers.Count(answer => answer.StatusCode == HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task Every_watcher_of_one_connection_gets_every_event_in_order()
    {
        const int Watchers = 30, Events = 100;
        await using var server = await LiveServer.StartAsync(Timeout);
        var list = JsonNode.Parse(await server.Http.GetStringAsync(ConfigMaps + "?limit=1", Timeout))!;
        var watches = Enumerable.Range(0, Watchers).Select(_ => ReadNamesAsync(server, list["metadata"]!["resourceVersion"]!.ToString(), Events)).ToArray();
        for (var i = 0; i < Events; i++)
        {
            await CreateAsync(server, $"event-{i:d4}");
        }

        var expected = Enumerable.Range(0, Events).Select(i => $"event-{i:d4}");
        Assert.All(await Task.WhenAll(watches), names => Assert.Equal(expected, names));
    }

    private static async Task<List<string>> ReadNamesAsync(LiveServer server, string version, int count)
    {
        using var response = await server.Http.GetAsync(
            ConfigMaps + "?watch=1&resourceVersion=" + version, HttpCompletionOption.ResponseHeadersRead, Timeout);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Timeout));
        var names = new List<string>();
        while (names.Count < count && await reader.ReadLineAsync(Timeout) is { } line)
        {
            names.Add(JsonNode.Parse(line)!["object"]!["metadata"]!["name"]!.ToString());
        }

        return names;
    }

    private static async Task CreateAsync(LiveServer server, string name)
    {
        var answer = await server.SendAsync(HttpMethod.Post, ConfigMaps, $$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{{name}}}"}}""", Timeout);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }
}
