using System.Net;
using System.Text.Json.Nodes;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.CustomResources;

public sealed class CustomResourceTests
{
    private const string Definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    private const string Widgets = "/apis/example.com/v1/namespaces/default/widgets";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Resources_are_served_again_after_a_restart_with_all_their_objects()
    {
        using var directory = new TemporaryDirectory();
        await using (var first = await StartAsync(directory))
        {
            await DefineAsync(first, "widgets", "Widget");
            for (var i = 0; i < 20; i++)
            {
                await OkAsync(first, HttpMethod.Post, Widgets, Widget("w" + i, "{\"size\":" + i + ",\"unknown\":1}"));
            }
        }

        await using var second = await StartAsync(directory);
        var list = JsonNode.Parse(await second.GetAsync(Widgets, Cancel))!;
        Assert.Equal(20, list["items"]!.AsArray().Count);
        Assert.Equal(7, (int)JsonNode.Parse(await second.GetAsync(Widgets + "/w7", Cancel))!["spec"]!["size"]!);
        Assert.Contains("\"widgets\"", await second.GetAsync("/apis/example.com/v1", Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deleted_definition_goes_when_the_last_object_has_gone()
    {
        await using var server = await LiveServer.StartAsync(Cancel);
        await DefineAsync(server, "widgets", "Widget");
        await OkAsync(server, HttpMethod.Post, Widgets, """{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"held","finalizers":["example.com/hold"]}}""");
        await OkAsync(server, HttpMethod.Post, Widgets, Widget("free", "{}"));
        await OkAsync(server, HttpMethod.Delete, Definitions + "/widgets.example.com", null);

        await EventuallyAsync(async () => (await StatusAsync(server, Widgets + "/free")) == HttpStatusCode.NotFound);
        await EventuallyAsync(async () => JsonNode.Parse(await server.GetAsync(Widgets + "/held", Cancel))!["metadata"]!["deletionTimestamp"] is not null);
        using (var refused = await server.SendAsync(HttpMethod.Post, Widgets, Widget("late", "{}"), Cancel))
        {
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
            Assert.Contains("create not allowed while custom resource definition is terminating", await refused.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        }

        await OkAsync(server, HttpMethod.Patch, Widgets + "/held", """{"metadata":{"finalizers":null}}""", "application/merge-patch+json");
        await EventuallyAsync(async () => (await StatusAsync(server, Definitions + "/widgets.example.com")) == HttpStatusCode.NotFound);
        await EventuallyAsync(async () => (await StatusAsync(server, Widgets)) == HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Requests_are_answered_in_upstreams_words()
    {
        await using var server = await LiveServer.StartAsync(Cancel);
        await OkAsync(server, HttpMethod.Post, Definitions, Definition("widgets", "Widget").Replace(
            "\"served\":true", "\"served\":true,\"subresources\":{\"scale\":{\"specReplicasPath\":\".spec.size\",\"statusReplicasPath\":\".status.size\"}}", StringComparison.Ordinal));
        await EstablishedAsync(server, "widgets");

        // A name in the path says nothing to a create; a scale needs no resourceVersion; an empty list resets no managedFields.
        await OkAsync(server, HttpMethod.Post, Widgets + "/other", Widget("a", "{\"size\":3}"));
        await OkAsync(server, HttpMethod.Put, Widgets + "/a/scale", """{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"a"},"spec":{"replicas":5}}""");
        await OkAsync(server, HttpMethod.Patch, Widgets + "/a", """{"metadata":{"managedFields":[]}}""", "application/merge-patch+json");
        var stored = JsonNode.Parse(await server.GetAsync(Widgets + "/a", Cancel))!;
        Assert.Equal(5, (int)stored["spec"]!["size"]!);
        Assert.NotNull(stored["metadata"]!["managedFields"]);

        await RefusedAsync(HttpMethod.Put, Widgets, Widget("a", "{}"), 400, "name must be provided");
        await RefusedAsync(HttpMethod.Put, Widgets + "/a/scale", "{}", 400, "the name of the object (a based on URL) was undeterminable: name must be provided");
        await RefusedAsync(HttpMethod.Put, Widgets + "/a/scale", "nonsense", 400, "no kind is registered for the type v1.Scale in scheme \"k8s.io/apiextensions-apiserver/pkg/apiserver/customresource_handler.go:781\"");
        await RefusedAsync(HttpMethod.Post, Widgets, "null", 400, "the object provided is unrecognized (must be of type Widget): Object 'Kind' is missing in 'null' (6e756c6c)");
        await RefusedAsync(HttpMethod.Patch, Widgets + "/a", """{"kind":"Foo"}""", 422, "Foo.example.com \"a\" is invalid: kind: Invalid value: \"Foo\": must be Widget", "application/merge-patch+json");

        // JSON for people is indented and ends without a line break; nobody else's Accept gets anything but that.
        Assert.EndsWith("\n}", await server.GetAsync(Widgets + "/a?pretty=true", Cancel), StringComparison.Ordinal);
        Assert.EndsWith("}\n", await server.GetAsync(Widgets + "/a", Cancel), StringComparison.Ordinal);

        async Task RefusedAsync(HttpMethod method, string path, string body, int code, string message, string contentType = "application/json")
        {
            using var refused = await server.SendAsync(method, path, body, Cancel, contentType);
            var status = JsonNode.Parse(await refused.Content.ReadAsStringAsync(Cancel))!;
            Assert.Equal((code, message), ((int)refused.StatusCode, (string?)status["message"]));
        }
    }

    [Fact]
    public async Task OpenApi_2_tells_kubectl_no_more_than_it_understands()
    {
        await using var server = await LiveServer.StartAsync(Cancel);
        await OkAsync(server, HttpMethod.Post, Definitions, """
            {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"foos.example.com"},"spec":{"group":"example.com","scope":"Namespaced",
             "names":{"plural":"foos","kind":"Foo"},"versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","description":"A foo",
             "properties":{"open":{"type":"object","description":"any","x-kubernetes-preserve-unknown-fields":true,"properties":{"a":{"type":"string"}}},
             "spec":{"type":"object","required":["n","m"],"properties":{"n":{"type":"string","nullable":true},"m":{"type":"integer"}}}}}}}]}}
            """);
        JsonNode? foo = null;
        await EventuallyAsync(async () => (foo = JsonNode.Parse(await server.GetAsync("/openapi/v2", Cancel))!["definitions"]!["com.example.v1.Foo"]) is not null);

        var properties = foo!["properties"]!;
        Assert.Equal("""{"description":"any","x-kubernetes-preserve-unknown-fields":true}""", properties["open"]!.ToJsonString());
        Assert.Equal("""["m"]""", properties["spec"]!["required"]!.ToJsonString());
        Assert.Null(properties["spec"]!["properties"]!["n"]!["type"]);

        // Upstream's conformance tests look for these words.
        Assert.StartsWith("APIVersion defines", (string?)properties["apiVersion"]!["description"], StringComparison.Ordinal);
        Assert.StartsWith("Standard object's metadata", (string?)properties["metadata"]!["description"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watches_end_with_the_definition_after_they_told_of_every_deletion()
    {
        await using var server = await LiveServer.StartAsync(Cancel);
        await DefineAsync(server, "widgets", "Widget");
        await OkAsync(server, HttpMethod.Post, Widgets, Widget("a", "{}"));
        var watches = new List<HttpResponseMessage>();
        for (var i = 0; i < 50; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Widgets + "?watch=1&allowWatchBookmarks=true", UriKind.Relative)) { Version = HttpVersion.Version20 };
            watches.Add(await server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel));
        }

        await OkAsync(server, HttpMethod.Delete, Definitions + "/widgets.example.com", null);

        // The streams end by themselves: a watch that went on would keep this waiting for good.
        foreach (var watch in watches)
        {
            using var _ = watch;
            var events = await watch.Content.ReadAsStringAsync(Cancel);
            Assert.Contains("\"type\":\"ADDED\"", events, StringComparison.Ordinal);
            Assert.Contains("\"type\":\"DELETED\"", events, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_second_definition_of_a_name_waits_until_it_is_free()
    {
        await using var server = await LiveServer.StartAsync(Cancel);
        await DefineAsync(server, "widgets", "Widget");
        await OkAsync(server, HttpMethod.Post, Definitions, Definition("gadgets", "Widget"));
        await EventuallyAsync(async () => (await server.GetAsync(Definitions + "/gadgets.example.com", Cancel)).Contains("KindConflict", StringComparison.Ordinal)
            || (await server.GetAsync(Definitions + "/gadgets.example.com", Cancel)).Contains("MultipleNamesConflict", StringComparison.Ordinal));
        await OkAsync(server, HttpMethod.Delete, Definitions + "/widgets.example.com", null);
        await EstablishedAsync(server, "gadgets");
    }

    [Fact]
    public async Task Versions_are_converted_by_a_webhook_and_a_broken_one_is_told()
    {
        await using var server = await LiveServer.StartAsync(Cancel);
        await using var webhook = await ConversionServer.StartAsync(Cancel);
        await OkAsync(server, HttpMethod.Post, Definitions, webhook.Definition);
        await EstablishedAsync(server, "widgets");

        // v2 stores the size as text.
        await OkAsync(server, HttpMethod.Post, Widgets, Widget("a", "{\"size\":5}"));
        var converted = JsonNode.Parse(await server.GetAsync("/apis/example.com/v2/namespaces/default/widgets/a", Cancel))!;
        Assert.Equal("5", (string)converted["spec"]!["size"]!);
        Assert.Equal("example.com/v2", (string)converted["apiVersion"]!);
        await OkAsync(server, HttpMethod.Patch, "/apis/example.com/v2/namespaces/default/widgets/a", """{"spec":{"size":"8"}}""", "application/merge-patch+json");
        var back = JsonNode.Parse(await server.GetAsync(Widgets, Cancel))!;
        Assert.Equal(8, (int)back["items"]![0]!["spec"]!["size"]!);

        webhook.Fails = true;
        using var failed = await server.SendAsync(HttpMethod.Post, Widgets, Widget("b", "{\"size\":6}"), Cancel);
        Assert.Equal(HttpStatusCode.InternalServerError, failed.StatusCode);
        Assert.Contains("conversion webhook for example.com/v1, Kind=Widget failed", await failed.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rules_judge_objects_and_their_changes()
    {
        await using var server = await LiveServer.StartAsync(Cancel);
        var definition = JsonNode.Parse(Definition("widgets", "Widget"))!;
        definition["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!["properties"]!["spec"]!["x-kubernetes-validations"] = JsonNode.Parse(
            """[{"rule":"!has(self.size) || self.size < 10"},{"rule":"!has(oldSelf.size) || self.size >= oldSelf.size","message":"size must not shrink","fieldPath":".size"}]""");
        await OkAsync(server, HttpMethod.Post, Definitions, definition.ToJsonString());
        await EstablishedAsync(server, "widgets");
        using (var refused = await server.SendAsync(HttpMethod.Post, Widgets, Widget("a", "{\"size\":11}"), Cancel))
        {
            Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
            Assert.Contains("spec: Invalid value: failed rule: !has(self.size) || self.size \\u003c 10", await refused.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        }

        await OkAsync(server, HttpMethod.Post, Widgets, Widget("a", "{\"size\":5}"));
        using var shrunk = await server.SendAsync(HttpMethod.Patch, Widgets + "/a", """{"spec":{"size":4}}""", Cancel, "application/merge-patch+json");
        Assert.Contains("spec.size: Invalid value: size must not shrink", await shrunk.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    private static async Task<LiveServer> StartAsync(TemporaryDirectory directory) =>
        await LiveServer.StartAsync(Cancel, (options, _) => options with { DataDirectory = directory["data"] });

    private static string Widget(string name, string spec) => $$"""{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"{{name}}"},"spec":{{spec}}}""";

    private static string Definition(string plural, string kind) => """
        {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"PLURAL.example.com"},"spec":{
        "group":"example.com","scope":"Namespaced","names":{"plural":"PLURAL","kind":"KIND"},
        "versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object","properties":{"size":{"type":"integer"}}}}}}}]}}
        """.Replace("PLURAL", plural, StringComparison.Ordinal).Replace("KIND", kind, StringComparison.Ordinal);

    private static async Task DefineAsync(LiveServer server, string plural, string kind)
    {
        await OkAsync(server, HttpMethod.Post, Definitions, Definition(plural, kind));
        await EstablishedAsync(server, plural);
    }

    private static Task EstablishedAsync(LiveServer server, string plural) => EventuallyAsync(async () =>
        JsonNode.Parse(await server.GetAsync($"{Definitions}/{plural}.example.com", Cancel))!["status"]!["conditions"] is JsonArray conditions
        && conditions.Any(static c => (string)c!["type"]! == "Established" && (string)c["status"]! == "True"));

    private static async Task OkAsync(LiveServer server, HttpMethod method, string path, string? body, string contentType = "application/json")
    {
        using var answer = await server.SendAsync(method, path, body, Cancel, contentType);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancel));
    }

    private static async Task<HttpStatusCode> StatusAsync(LiveServer server, string path)
    {
        using var answer = await server.SendAsync(HttpMethod.Get, path, null, Cancel);
        return answer.StatusCode;
    }

    private static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        for (var i = 0; i < 200; i++)
        {
            if (await condition())
            {
                return;
            }

            await Task.Delay(100, Cancel);
        }

        Assert.Fail("it never came to that");
    }
}
