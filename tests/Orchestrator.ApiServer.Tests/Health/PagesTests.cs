using System.Net;
using System.Text.Json;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Health;

/// <summary>What the server tells of itself.</summary>
public sealed class PagesTests
{
    [Fact]
    public async Task Root_lists_paths_component_statuses_tell_who_lives_and_reviews_have_no_table()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await LiveServer.StartAsync(token, static (o, _) => o with { LocalComponents = new HashSet<string> { "scheduler", "controller-manager" } });

        using var root = JsonDocument.Parse(await server.GetAsync("/", token));
        var paths = root.RootElement.GetProperty("paths").EnumerateArray().Select(static p => p.GetString()!).ToArray();
        foreach (var path in (string[])["/api/v1", "/apis/apps", "/apis/apps/v1", "/healthz/etcd", "/metrics", "/openapi/v3", "/version", "/openid/v1/jwks"])
        {
            Assert.Contains(path, paths);
        }

        Assert.Equal(paths.Order(StringComparer.Ordinal), paths);

        using var statuses = JsonDocument.Parse(await server.GetAsync("/api/v1/componentstatuses", token));
        Assert.Equal(
            ["controller-manager True ok", "etcd-0 True ok", "scheduler True ok"],
            statuses.RootElement.GetProperty("items").EnumerateArray().Select(static c =>
                $"{c.GetProperty("metadata").GetProperty("name")} {c.GetProperty("conditions")[0].GetProperty("status")} {c.GetProperty("conditions")[0].GetProperty("message")}"));
        Assert.Contains("\"type\":\"Healthy\"", await server.GetAsync("/api/v1/componentstatuses/etcd-0", token), StringComparison.Ordinal);

        using var table = new HttpRequestMessage(HttpMethod.Get, "/api/v1/componentstatuses") { Version = HttpVersion.Version20 };
        table.Headers.TryAddWithoutValidation("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io");
        using var printed = await server.Http.SendAsync(table, token);
        Assert.Contains("\"cells\":[\"etcd-0\",\"Healthy\",\"ok\",\"\"]", await printed.Content.ReadAsStringAsync(token), StringComparison.Ordinal);

        using var review = new HttpRequestMessage(HttpMethod.Post, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")
        {
            Version = HttpVersion.Version20,
            Content = new StringContent("""{"spec":{"nonResourceAttributes":{"path":"/","verb":"get"}}}""", new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")),
        };
        review.Headers.TryAddWithoutValidation("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io");
        using var refused = await server.Http.SendAsync(review, token);
        Assert.Equal(HttpStatusCode.NotAcceptable, refused.StatusCode);

        // Who comes without a good header is nobody: he may know how the server is, but not why; and what he asks for is not shown to him as markup.
        var (code, body, _) = await AnonymouslyAsync("/livez", "Basic eDp5");
        Assert.Equal((HttpStatusCode.OK, "ok"), (code, body));
        (code, body, _) = await AnonymouslyAsync("/livez/ping", "Basic eDp5");
        Assert.Equal(HttpStatusCode.Forbidden, code);
        Assert.Contains("forbidden: User \\\"system:anonymous\\\" cannot get path \\\"/livez/ping\\\"", body, StringComparison.Ordinal);
        (_, body, var warning) = await AnonymouslyAsync("/a&b", "Bearer  token");
        Assert.Contains("cannot get path \\\"/a\\u0026amp;b\\\"", body, StringComparison.Ordinal);
        Assert.Equal("299 - \"the provided Authorization header contains extra space before the bearer token, and is ignored\"", warning);
        (code, _, _) = await AnonymouslyAsync("/livez/ping", server.Http.DefaultRequestHeaders.Authorization + " and more");
        Assert.Equal(HttpStatusCode.OK, code);

        async Task<(HttpStatusCode Code, string Body, string? Warning)> AnonymouslyAsync(string path, string authorization)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Version = HttpVersion.Version20 };
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
            using var answer = await server.Http.SendAsync(request, token);
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync(token), answer.Headers.TryGetValues("Warning", out var warnings) ? warnings.Single() : null);
        }
    }

    [Fact]
    public async Task Events_of_the_new_group_are_selected_by_its_own_names()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await LiveServer.StartAsync(token);
        const string Events = "/apis/events.k8s.io/v1/namespaces/default/events";
        using var created = await server.SendAsync(HttpMethod.Post, Events, """
            {"metadata":{"name":"e"},"eventTime":"2031-01-01T00:00:00.000000Z","reportingController":"tester","reportingInstance":"i","action":"Do","type":"Normal","reason":"R",
             "regarding":{"namespace":"default","kind":"Pod","name":"p"}}
            """, token);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        foreach (var (selector, path) in ((string, string)[])[
            ("reportingController=tester", Events), ("regarding.name=p,regarding.kind=Pod", Events), ("involvedObject.name=p,reportingComponent=tester", "/api/v1/namespaces/default/events")])
        {
            Assert.Contains("\"reason\":\"R\"", await server.GetAsync($"{path}?fieldSelector={selector}", token), StringComparison.Ordinal);
        }

        Assert.DoesNotContain("\"reason\":\"R\"", await server.GetAsync(Events + "?fieldSelector=regarding.name=q", token), StringComparison.Ordinal);
    }
}
