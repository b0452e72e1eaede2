using System.Net;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Fairness;

public sealed class FairnessFilterTests
{
    private const string Group = "/apis/flowcontrol.apiserver.k8s.io/v1";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_flow_schema_sorts_its_users_and_a_level_without_queues_turns_away_what_is_too_much()
    {
        await using var server = await LiveServer.StartAsync(Cancel);
        await CreateAsync(server, "/prioritylevelconfigurations", """
            {"apiVersion":"flowcontrol.apiserver.k8s.io/v1","kind":"PriorityLevelConfiguration","metadata":{"name":"narrow"},
             "spec":{"type":"Limited","limited":{"nominalConcurrencyShares":0,"lendablePercent":0,"borrowingLimitPercent":0,"limitResponse":{"type":"Reject"}}}}
            """);
        await CreateAsync(server, "/flowschemas", """
            {"apiVersion":"flowcontrol.apiserver.k8s.io/v1","kind":"FlowSchema","metadata":{"name":"noisy"},
             "spec":{"matchingPrecedence":2,"priorityLevelConfiguration":{"name":"narrow"},"rules":[{"subjects":[{"kind":"User","user":{"name":"noisy"}}],
              "nonResourceRules":[{"verbs":["*"],"nonResourceURLs":["*"]}],"resourceRules":[{"verbs":["*"],"apiGroups":["*"],"resources":["*"],"clusterScope":true,"namespaces":["*"]}]}]}}
            """);
        using var noisy = server.NewClient("noisy-token");
        var uid = "";
        while (uid.Length == 0)
        {
            // The schema comes into force a moment after it is stored; each answer tells by which it was sorted.
            using var probe = await noisy.GetAsync(new Uri("/version", UriKind.Relative), Cancel);
            var level = Header(probe, "X-Kubernetes-PF-PriorityLevel-UID");
            uid = level.Length > 0 && (await server.GetAsync(Group + "/prioritylevelconfigurations/narrow", Cancel)).Contains(level, StringComparison.Ordinal) ? level : "";
        }

        // One seat: whatever comes while it is taken goes away with 429, and the administrator does not notice.
        var answers = await Task.WhenAll(Enumerable.Range(0, 400).Select(async _ =>
        {
            using var answer = await noisy.GetAsync(new Uri("/openapi/v2", UriKind.Relative), Cancel);
            return (answer.StatusCode, Retry: Header(answer, "Retry-After"));
        }));
        Assert.Contains(answers, static a => a.StatusCode == HttpStatusCode.OK);
        var refused = answers.Where(static a => a.StatusCode == HttpStatusCode.TooManyRequests).ToArray();
        Assert.NotEmpty(refused);
        Assert.All(refused, static a => Assert.Equal("1", a.Retry));
        using var mine = await server.SendAsync(HttpMethod.Get, "/api/v1/namespaces", null, Cancel);
        Assert.Equal(HttpStatusCode.OK, mine.StatusCode);
        Assert.Contains("apiserver_flowcontrol_rejected_requests_total{flow_schema=\"noisy\",priority_level=\"narrow\",reason=\"concurrency-limit\"} " + refused.Length,
            await server.GetAsync("/metrics", Cancel), StringComparison.Ordinal);
        Assert.Contains("narrow,", await server.GetAsync("/debug/api_priority_and_fairness/dump_priority_levels", Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_schema_whose_level_is_missing_is_dangling_until_the_level_comes()
    {
        await using var server = await LiveServer.StartAsync(Cancel);
        await CreateAsync(server, "/flowschemas", """
            {"apiVersion":"flowcontrol.apiserver.k8s.io/v1","kind":"FlowSchema","metadata":{"name":"lost"},"spec":{"matchingPrecedence":900,"priorityLevelConfiguration":{"name":"nowhere"}}}
            """);
        await UntilAsync(server, "\"reason\":\"NotFound\"");
        await CreateAsync(server, "/prioritylevelconfigurations", """
            {"apiVersion":"flowcontrol.apiserver.k8s.io/v1","kind":"PriorityLevelConfiguration","metadata":{"name":"nowhere"},
             "spec":{"type":"Limited","limited":{"limitResponse":{"type":"Reject"}}}}
            """);
        await UntilAsync(server, "references the PriorityLevelConfiguration object named \\\"nowhere\\\" and it exists");
    }

    private static string Header(HttpResponseMessage answer, string name) => answer.Headers.TryGetValues(name, out var values) ? values.First() : "";

    private static async Task CreateAsync(LiveServer server, string path, string json)
    {
        using var answer = await server.SendAsync(HttpMethod.Post, Group + path, json, Cancel);
        Assert.True(answer.StatusCode == HttpStatusCode.Created, await answer.Content.ReadAsStringAsync(Cancel));
    }

    private static async Task UntilAsync(LiveServer server, string text)
    {
        // A watch of one object tells each of its changes; it ends with the test's time.
        using var stream = await server.Http.GetStreamAsync(new Uri(Group + "/flowschemas?watch=1&fieldSelector=metadata.name%3Dlost", UriKind.Relative), Cancel);
        using var reader = new StreamReader(stream);
        while (await reader.ReadLineAsync(Cancel) is { } line)
        {
            if (line.Contains(text, StringComparison.Ordinal))
            {
                return;
            }
        }

        Assert.Fail("the watch ended before " + text);
    }
}
