using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Orchestrator.ApiServer.Tests.Admission.Webhooks;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Admission;

/// <summary>What admission is shown of requests, seen by a webhook of a whole server.</summary>
public sealed class RequestObjectTests
{
    [Fact]
    public async Task Webhooks_see_what_a_subresource_is_sent_and_custom_objects_in_the_version_of_the_rule()
    {
        var stopping = TestContext.Current.CancellationToken;
        await using var live = await LiveServer.StartAsync(stopping);
        await using var hook = await WebhookServer.StartAsync(Answer);
        await PostAsync(live, "/apis/apps/v1/namespaces/default/deployments", """
            {"metadata":{"name":"web"},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}
            """);
        await PostAsync(live, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", """
            {"metadata":{"name":"things.example.com"},"spec":{"group":"example.com","scope":"Namespaced","names":{"plural":"things","kind":"Thing"},"versions":[
              {"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}},
                "subresources":{"scale":{"specReplicasPath":".spec.replicas","statusReplicasPath":".status.replicas"}}},
              {"name":"v2","served":true,"storage":false,"schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}},
                "subresources":{"scale":{"specReplicasPath":".spec.replicas","statusReplicasPath":".status.replicas"}}}]}}
            """);
        await PostAsync(live, "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations", $$$"""
            {"metadata":{"name":"all"},"webhooks":[{"name":"all.example.com","sideEffects":"None","admissionReviewVersions":["v1"],
              "clientConfig":{"url":"https://127.0.0.1:{{{hook.Port}}}/","caBundle":"{{{Convert.ToBase64String(Encoding.UTF8.GetBytes(hook.AuthorityPem))}}}"},
              "rules":[{"operations":["*"],"apiGroups":["apps"],"apiVersions":["*"],"resources":["deployments/scale"]},
                {"operations":["*"],"apiGroups":["example.com"],"apiVersions":["v1"],"resources":["*/*"]},
                {"operations":["*"],"apiGroups":[""],"apiVersions":["*"],"resources":["serviceaccounts/token"]}]}]}
            """);

        // The configuration is seen a moment after it is stored.
        while (hook.Requests.Count == 0)
        {
            await SendAsync(live, HttpMethod.Patch, "/apis/apps/v1/namespaces/default/deployments/web/scale?dryRun=All", """{"spec":{"replicas":2}}""");
        }

        var scaled = await SendAsync(live, HttpMethod.Patch, "/apis/apps/v1/namespaces/default/deployments/web/scale?fieldManager=me", """{"spec":{"replicas":3}}""");
        Assert.Equal(4, scaled["spec"]!["replicas"]!.GetValue<int>());
        var seen = hook.Requests[^1];
        Assert.Equal("Scale", seen["object"]!["kind"]!.GetValue<string>());
        Assert.Equal("""{"group":"autoscaling","version":"v1","kind":"Scale"}""", seen["kind"]!.ToJsonString());
        Assert.Equal(1, seen["oldObject"]!["spec"]!["replicas"]!.GetValue<int>());
        Assert.Equal("""{"apiVersion":"meta.k8s.io/v1","fieldManager":"me","kind":"UpdateOptions"}""", seen["options"]!.ToJsonString());

        var thing = await SendAsync(live, HttpMethod.Post, "/apis/example.com/v2/namespaces/default/things", """{"apiVersion":"example.com/v2","kind":"Thing","metadata":{"name":"t"},"spec":{"replicas":1}}""");
        Assert.Equal("example.com/v2", thing["apiVersion"]!.GetValue<string>());
        Assert.Equal("hooked", thing["metadata"]!["labels"]!["was"]!.GetValue<string>());
        seen = hook.Requests[^1];
        Assert.Equal("example.com/v1", seen["object"]!["apiVersion"]!.GetValue<string>());
        Assert.Equal("v2", seen["requestKind"]!["version"]!.GetValue<string>());

        await SendAsync(live, HttpMethod.Patch, "/apis/example.com/v2/namespaces/default/things/t/scale", """{"spec":{"replicas":3}}""");
        seen = hook.Requests[^1];
        Assert.Equal("Scale", seen["object"]!["kind"]!.GetValue<string>());
        Assert.Equal("v1", seen["resource"]!["version"]!.GetValue<string>());

        await SendAsync(live, HttpMethod.Delete, "/apis/example.com/v2/namespaces/default/things/t", """{"propagationPolicy":"Background"}""");
        seen = hook.Requests[^1];
        Assert.Equal("example.com/v1", seen["oldObject"]!["apiVersion"]!.GetValue<string>());
        Assert.Equal("""{"kind":"DeleteOptions","apiVersion":"meta.k8s.io/v1","propagationPolicy":"Background"}""", seen["options"]!.ToJsonString());

        // A generated name is no name of the request; of a collection's objects none is.
        await SendAsync(live, HttpMethod.Post, "/apis/example.com/v1/namespaces/default/things", """{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"generateName":"g-"}}""");
        await SendAsync(live, HttpMethod.Delete, "/apis/example.com/v1/namespaces/default/things", "{}");
        seen = hook.Requests[^1];
        Assert.Null(seen["name"]);
        Assert.StartsWith("g-", seen["oldObject"]!["metadata"]!["name"]!.GetValue<string>(), StringComparison.Ordinal);

        using (var moved = await live.SendAsync(HttpMethod.Post, "/apis/example.com/v1/namespaces/default/things", """{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"astray"}}""", stopping))
        {
            Assert.Equal(HttpStatusCode.BadRequest, moved.StatusCode);
            Assert.Contains("the namespace of the provided object does not match the namespace sent on the request", await moved.Content.ReadAsStringAsync(stopping), StringComparison.Ordinal);
        }

        await PostAsync(live, "/api/v1/namespaces/default/serviceaccounts", """{"metadata":{"name":"sa"}}""");
        await SendAsync(live, HttpMethod.Post, "/api/v1/namespaces/default/serviceaccounts/sa/token", "{}");
        Assert.Equal("TokenRequest", hook.Requests[^1]["kind"]!["kind"]!.GetValue<string>());
    }

    /// <summary>Marks things, and scales one higher than asked.</summary>
    private static JsonObject Answer(JsonNode request)
    {
        var patch = (request["kind"]!["kind"]!.GetValue<string>(), request["operation"]!.GetValue<string>()) switch
        {
            ("Scale", _) => $$"""[{"op":"replace","path":"/spec/replicas","value":{{request["object"]!["spec"]!["replicas"]!.GetValue<int>() + 1}}}]""",
            ("Thing", "CREATE") when (string?)request["name"] == "astray" => """[{"op":"add","path":"/metadata/namespace","value":"elsewhere"}]""",
            ("Thing", "CREATE") => """[{"op":"add","path":"/metadata/labels","value":{"was":"hooked"}}]""",
            _ => null,
        };
        return patch is null ? new() { ["allowed"] = true } : new()
        {
            ["allowed"] = true, ["patchType"] = "JSONPatch", ["patch"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(patch)),
        };
    }

    private static Task PostAsync(LiveServer live, string path, string json) => SendAsync(live, HttpMethod.Post, path, json);

    private static async Task<JsonNode> SendAsync(LiveServer live, HttpMethod method, string path, string json)
    {
        var stopping = TestContext.Current.CancellationToken;
        using var answer = await live.SendAsync(method, path, json, stopping, method == HttpMethod.Patch ? "application/merge-patch+json" : "application/json");
        var text = await answer.Content.ReadAsStringAsync(stopping);
        Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Created, text);
        return JsonNode.Parse(text)!;
    }
}
