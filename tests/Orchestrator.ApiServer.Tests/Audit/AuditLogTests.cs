using System.Text;
using System.Text.Json;
using Orchestrator.ApiServer.Audit;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Audit;

public sealed class AuditLogTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_are_recorded_with_bodies_decisions_and_refusals()
    {
        var log = "";
        await using var server = await LiveServer.StartAsync(Cancel, (options, directory) =>
        {
            File.WriteAllText(directory["policy.yaml"],
                """
                apiVersion: audit.k8s.io/v1
                kind: Policy
                rules:
                - {level: RequestResponse, resources: [{group: "", resources: [services]}]}
                - {level: RequestResponse, omitStages: [RequestReceived], resources: [{group: "", resources: [configmaps]}]}
                - {level: Metadata, omitStages: [RequestReceived], verbs: [get], resources: [{group: "", resources: [nodes]}]}
                - {level: None}
                """);
            log = directory["audit.log"];
            return options with { Audit = new AuditOptions { PolicyFile = directory["policy.yaml"], Log = new AuditLogOptions { Path = log } } };
        });
        using var made = await server.SendAsync(
            HttpMethod.Post, "/api/v1/namespaces/default/configmaps", """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"one"},"data":{"a":"b"}}""", Cancel);
        using var missing = await server.SendAsync(HttpMethod.Get, "/api/v1/nodes/none", null, Cancel);
        using var quiet = server.NewClient("quiet-token");
        using var forbidden = await quiet.GetAsync(new Uri("/api/v1/nodes/none", UriKind.Relative), Cancel);
        Assert.Equal("nosniff", forbidden.Headers.GetValues("X-Content-Type-Options").Single());
        using var bad = server.NewClient("no-such-token");
        using var unknown = await bad.GetAsync(new Uri("/api/v1/nodes/none", UriKind.Relative), Cancel);
        using var unrecorded = await server.SendAsync(HttpMethod.Get, "/api/v1/pods", null, Cancel);

        using var service = await server.SendAsync(HttpMethod.Post, "/api/v1/namespaces/default/services", """{"apiVersion":"v1","kind":"Service","metadata":{"name":"web"},"spec":{"ports":[{"port":80}]}}""", Cancel);
        using var deleted = await server.SendAsync(HttpMethod.Delete, "/api/v1/namespaces/default/configmaps/one", """{"propagationPolicy":"Background"}""", Cancel);

        var events = await ReadAsync(log, 7);
        var create = events[0];
        Assert.Equal(("RequestResponse", "ResponseComplete", "create"), (Text(create, "level"), Text(create, "stage"), Text(create, "verb")));
        Assert.Equal("admin", create.GetProperty("user").GetProperty("username").GetString());
        Assert.Equal("one", create.GetProperty("objectRef").GetProperty("name").GetString());
        Assert.Equal(201, create.GetProperty("responseStatus").GetProperty("code").GetInt32());
        Assert.Equal("b", create.GetProperty("requestObject").GetProperty("data").GetProperty("a").GetString());
        Assert.True(create.GetProperty("responseObject").GetProperty("metadata").TryGetProperty("uid", out _));
        Assert.Equal("allow", create.GetProperty("annotations").GetProperty("authorization.k8s.io/decision").GetString());
        Assert.Equal(made.Headers.GetValues("Audit-Id").Single(), Text(create, "auditID"));
        Assert.Equal("NotFound", events[1].GetProperty("responseStatus").GetProperty("reason").GetString());
        Assert.Equal("forbid", events[2].GetProperty("annotations").GetProperty("authorization.k8s.io/decision").GetString());
        Assert.Equal(401, events[3].GetProperty("responseStatus").GetProperty("code").GetInt32());
        Assert.False(events[3].GetProperty("user").TryGetProperty("username", out _));

        // The body is recorded as it was understood, and what only it tells is not known when the request comes.
        Assert.False(events[4].GetProperty("objectRef").TryGetProperty("name", out _));
        Assert.Equal("web", events[5].GetProperty("objectRef").GetProperty("name").GetString());
        Assert.Equal("TCP", events[5].GetProperty("requestObject").GetProperty("spec").GetProperty("ports")[0].GetProperty("protocol").GetString());
        Assert.Equal("""{"apiVersion":"meta.k8s.io/v1","kind":"DeleteOptions","propagationPolicy":"Background"}""", events[6].GetProperty("requestObject").GetRawText());
        Assert.Equal("Success", events[6].GetProperty("responseStatus").GetProperty("status").GetString());
        Assert.Equal("one", events[6].GetProperty("responseStatus").GetProperty("details").GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_full_log_is_rotated_and_only_so_many_backups_are_kept()
    {
        using var directory = new TemporaryDirectory();
        var clock = new HandClock();
        await using (var log = new AuditLogFile(new AuditLogOptions { Path = directory["audit.log"], MaxSizeMegabytes = 1, MaxBackups = 2, Compress = true }, clock))
        {
            var line = Encoding.UTF8.GetBytes(new string('x', 600_000) + "\n");
            for (var i = 0; i < 5; i++)
            {
                await log.WriteAsync(line, Cancel);
                clock.Advance(TimeSpan.FromSeconds(1));
            }
        }

        Assert.Equal(600_001, new FileInfo(directory["audit.log"]).Length);
        Assert.Equal(
            ["audit-2031-05-01T08-00-03.000.log.gz", "audit-2031-05-01T08-00-04.000.log.gz", "audit.log"],
            Directory.EnumerateFiles(directory.Path).Select(static f => Path.GetFileName(f)!).Order(StringComparer.Ordinal));
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    /// <summary>An event is written after its answer is out, so the last ones may come a moment later.</summary>
    private static async Task<List<JsonElement>> ReadAsync(string path, int count)
    {
        while (true)
        {
            var lines = await File.ReadAllLinesAsync(path, Cancel);
            if (lines.Length >= count)
            {
                return lines.Select(static l => JsonDocument.Parse(l).RootElement).ToList();
            }

            await Task.Yield();
        }
    }
}
