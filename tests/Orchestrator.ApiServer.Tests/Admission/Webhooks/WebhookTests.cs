using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Api;
using Orchestrator.Api.AdmissionRegistration.V1;
using Orchestrator.Api.Autoscaling.V2;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Discovery.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Admission;
using Orchestrator.ApiServer.Admission.Webhooks;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;
using Orchestrator.ApiServer.Services;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Admission.Webhooks;

public sealed class WebhookTests : IDisposable
{
    private readonly ObjectShelf _objects = new();
    private readonly WebhookIndex _index = new();
    private readonly WebhookClient _client;
    private readonly AdmissionChain _chain;
    private readonly List<string> _warnings = [];
    private Dictionary<string, string> _annotations = [];

    public WebhookTests()
    {
        _client = new WebhookClient(_objects, TimeProvider.System, new Random(1));
        var selection = new WebhookSelection(_objects, new EquivalentVersions(new ResourceRegistry(), new ObjectConverter()), null, NullLogger<WebhookSelection>.Instance);
        _chain = new AdmissionChain([new MutatingWebhookAdmission(_index, selection, _client), new ValidatingWebhookAdmission(_index, selection, _client)]);
        _objects.Put(new Namespace { Metadata = new ObjectMeta { Name = "d", Labels = ApiMap<string>.Empty.With("team", "a") } });
    }

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task A_mutating_webhook_patches_the_object_and_the_next_sees_it()
    {
        await using var first = await WebhookServer.StartAsync(_ => Patch("""[{"op":"add","path":"/data","value":{"a":"1"}}]"""));
        await using var second = await WebhookServer.StartAsync(r => r["object"]!["data"]?["a"] is null ? Denial(403, "no a") : Patch("""[{"op":"add","path":"/data/b","value":"2"}]"""));
        _index.Put(Mutating("x", Hook(first), Hook(second)));

        var map = await RunAsync(new ConfigMap { Metadata = new ObjectMeta { Namespace = "d", Name = "m" } });
        Assert.Equal("1", map.Data["a"]);
        Assert.Equal("2", map.Data["b"]);
        Assert.Equal("ConfigMap", first.Requests[0]["object"]!["kind"]!.GetValue<string>());
        Assert.Equal("CREATE", first.Requests[0]["operation"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_rule_for_another_version_gets_the_object_in_that_version_and_its_patch_is_converted_back()
    {
        await using var server = await WebhookServer.StartAsync(_ => Patch("""[{"op":"replace","path":"/spec/targetCPUUtilizationPercentage","value":70}]"""));
        var rule = Everything with { ApiGroups = ["autoscaling"], ApiVersions = ["v1"], Resources = ["horizontalpodautoscalers"] };
        _index.Put(Mutating("x", Hook(server) with { Rules = [rule] }, Hook(server) with { Rules = [rule], MatchPolicy = "Exact" }));
        var metric = new MetricSpec
        {
            Type = "Resource", Resource = new ResourceMetricSource { Name = "cpu", Target = new MetricTarget { Type = "Utilization", AverageUtilization = 50 } },
        };
        var autoscaler = new HorizontalPodAutoscaler
        {
            Kind = "HorizontalPodAutoscaler",
            ApiVersion = "autoscaling/v2",
            Metadata = new ObjectMeta { Namespace = "d", Name = "h" },
            Spec = new HorizontalPodAutoscalerSpec { MaxReplicas = 3, Metrics = [metric] },
        };

        var changed = await RunAsync(autoscaler);
        var request = Assert.Single(server.Requests);
        Assert.Equal("autoscaling/v1", request["object"]!["apiVersion"]!.GetValue<string>());
        Assert.Equal("v1", request["resource"]!["version"]!.GetValue<string>());
        Assert.Equal("v2", request["requestResource"]!["version"]!.GetValue<string>());
        Assert.Equal("v2", request["requestKind"]!["version"]!.GetValue<string>());
        Assert.Equal("autoscaling/v2", changed.ApiVersion);
        Assert.Equal(70, Assert.Single(changed.Spec.Metrics).Resource!.Target.AverageUtilization);
    }

    [Fact]
    public async Task A_webhook_that_asks_for_it_is_called_again_after_others_changed_the_object()
    {
        await using var repeating = await WebhookServer.StartAsync(_ => Allowed());
        await using var changing = await WebhookServer.StartAsync(r => r["object"]!["data"] is null ? Patch("""[{"op":"add","path":"/data","value":{"a":"1"}}]""") : Allowed());
        _index.Put(Mutating("x", Hook(repeating) with { ReinvocationPolicy = "IfNeeded" }, Hook(changing)));

        await RunAsync(new ConfigMap { Metadata = new ObjectMeta { Namespace = "d", Name = "m" } });
        Assert.Equal(2, repeating.Requests.Count);
        Assert.Single(changing.Requests);
    }

    [Fact]
    public async Task A_change_in_the_second_round_repeats_those_behind_it_and_all_calls_are_noted()
    {
        await using var counting = await WebhookServer.StartAsync(r => Patch($$$"""[{"op":"add","path":"/data","value":{"n":"{{{int.Parse((string?)r["object"]!["data"]?["n"] ?? "0", null) + 1}}}"}}]"""));
        await using var copying = await WebhookServer.StartAsync(r => Patch($$"""[{"op":"add","path":"/data/m","value":"{{(string)r["object"]!["data"]!["n"]!}}"}]"""));
        _index.Put(Mutating("x", Hook(counting) with { ReinvocationPolicy = "IfNeeded" }, Hook(copying) with { ReinvocationPolicy = "IfNeeded" }));

        var map = await RunAsync(new ConfigMap { Metadata = new ObjectMeta { Namespace = "d", Name = "m" } });
        Assert.Equal("2", map.Data["m"]);
        Assert.Equal(
            ["mutation.webhook.admission.k8s.io/round_0_index_0", "mutation.webhook.admission.k8s.io/round_0_index_1", "mutation.webhook.admission.k8s.io/round_1_index_0", "mutation.webhook.admission.k8s.io/round_1_index_1"],
            _annotations.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("""{"configuration":"x","webhook":"hook.example.com","mutated":true}""", _annotations["mutation.webhook.admission.k8s.io/round_1_index_1"]);
    }

    [Fact]
    public async Task A_patch_that_does_not_fit_is_no_matter_of_the_failure_policy()
    {
        await using var server = await WebhookServer.StartAsync(_ => Patch("""[{"op":"remove","path":"/zz"}]"""));
        _index.Put(Mutating("x", Hook(server) with { FailurePolicy = "Ignore" }));
        var failure = await Assert.ThrowsAsync<ApiException>(() => RunAsync(new ConfigMap { Metadata = new ObjectMeta { Namespace = "d", Name = "m" } }));
        Assert.Equal("Internal error occurred: error in remove for path: '/zz': Unable to remove nonexistent key: zz: missing value", failure.Message);
    }

    [Fact]
    public async Task A_webhook_passed_over_is_noted()
    {
        await using var server = await WebhookServer.StartAsync(_ => Patch("{not"));
        _index.Put(Mutating("x", Hook(server) with { FailurePolicy = "Ignore" }));
        await RunAsync(new ConfigMap { Metadata = new ObjectMeta { Namespace = "d", Name = "m" } });
        Assert.Equal("hook.example.com", _annotations["failed-open.mutation.webhook.admission.k8s.io/round_0_index_0"]);
        Assert.Equal("""{"configuration":"x","webhook":"hook.example.com","mutated":false}""", _annotations["mutation.webhook.admission.k8s.io/round_0_index_0"]);
    }

    [Theory]
    [InlineData("{}", false, "received invalid webhook response: webhook response was absent")]
    [InlineData("not json", false, "failed to call webhook: couldn't get version/kind; json parse error: json: cannot unmarshal string into Go value of type struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }")]
    [InlineData("""{"response":{"uid":"u"}}""", false, "received invalid webhook response: expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got /, Kind=")]
    [InlineData("""{"response":{"uid":"x"}}""", false, "received invalid webhook response: expected response.uid=\"u\", got \"x\"")]
    [InlineData("""{"apiVersion":"v1","kind":"Status"}""", false, "failed to call webhook: converting (v1.Status) to (v1.AdmissionReview): unknown conversion")]
    [InlineData("""{"apiVersion":"admission.k8s.io/v1","kind":"Foo"}""", false, "failed to call webhook: no kind \"Foo\" is registered for version \"admission.k8s.io/v1\" in scheme \"k8s.io/apiserver/pkg/util/webhook/client.go:71\"")]
    [InlineData("""{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"u","patch":"W10="}}""", false, "received invalid webhook response: validating webhook may not return response.patch")]
    [InlineData("""{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"u","patch":"W10="}}""", true, "received invalid webhook response: webhook returned response.patch but not response.patchType")]
    [InlineData("""{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"u","patchType":"JSONPatch"}}""", true, "received invalid webhook response: webhook returned response.patchType but not response.patch")]
    public void An_answer_that_is_none_is_told_in_upstreams_words(string answer, bool mutates, string why) =>
        Assert.Equal(why, Assert.Throws<WebhookException>(() => ReviewAnswer.Read(Encoding.UTF8.GetBytes(answer), "admission.k8s.io/v1", mutates, "u")).Message);

    [Fact]
    public void The_old_version_of_reviews_is_read_without_checks() =>
        Assert.True(ReviewAnswer.Read("""{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview","response":{"uid":"any","allowed":true}}"""u8.ToArray(), "admission.k8s.io/v1beta1", mutates: true, "u").Allowed);

    [Theory]
    [InlineData(500, "boom", "an error on the server (\"boom\") has prevented the request from succeeding")]
    [InlineData(404, "boom", "the server could not find the requested resource")]
    [InlineData(403, """{"kind":"Status","apiVersion":"v1","status":"Failure","message":"my words"}""", "my words")]
    [InlineData(418, "", "the server responded with the status code 418 but did not return more information")]
    [InlineData(201, "{}", null)]
    public void An_answer_without_success_is_told_in_the_words_of_client_go(int code, string body, string? why) =>
        Assert.Equal(why, ClientFaults.Of((HttpStatusCode)code, null, Encoding.UTF8.GetBytes(body)));

    [Fact]
    public async Task A_denial_tells_who_and_why_and_warnings_come_through()
    {
        await using var server = await WebhookServer.StartAsync(_ =>
        {
            var answer = Denial(422, "not this one");
            answer["warnings"] = new JsonArray("mind the gap");
            return answer;
        });
        _index.Put(Validating(Judge(server)));

        var refusal = await Assert.ThrowsAsync<ApiException>(() => RunAsync(new ConfigMap { Metadata = new ObjectMeta { Namespace = "d", Name = "m" } }));
        Assert.Equal("admission webhook \"hook.example.com\" denied the request: not this one", refusal.Status.Message);
        Assert.Equal(422, refusal.Status.Code);
        Assert.Equal(["mind the gap"], _warnings);
    }

    [Fact]
    public async Task A_webhook_that_cannot_be_called_fails_the_request_unless_its_policy_says_otherwise()
    {
        var missing = new ValidatingWebhook
        {
            Name = "hook.example.com",
            ClientConfig = new WebhookClientConfig { Service = new ServiceReference { Namespace = "d", Name = "missing", Path = "/v", Port = 443 } },
            Rules = [Everything],
            SideEffects = "None",
            AdmissionReviewVersions = ["v1"],
        };
        var map = new ConfigMap { Metadata = new ObjectMeta { Namespace = "d", Name = "m" } };
        _index.Put(Validating(missing));
        Assert.Equal(
            "Internal error occurred: failed calling webhook \"hook.example.com\": failed to call webhook: Post \"https://missing.d.svc:443/v?timeout=10s\": service \"missing\" not found",
            (await Assert.ThrowsAsync<ApiException>(() => RunAsync(map))).Message);

        _index.Put(Validating(missing with { FailurePolicy = "Ignore" }));
        await RunAsync(map);
    }

    [Fact]
    public async Task A_service_is_reached_at_its_ready_endpoints_under_its_own_name()
    {
        await using var server = await WebhookServer.StartAsync(_ => Allowed());
        _objects.Put(new Service
        {
            Metadata = new ObjectMeta { Namespace = "d", Name = "hook" },
            Spec = new ServiceSpec { ClusterIP = "10.96.0.50", Ports = [new ServicePort { Name = "https", Port = 443 }] },
        });
        _objects.Put(new EndpointSlice
        {
            Metadata = new ObjectMeta { Namespace = "d", Name = "hook-1", Labels = ApiMap<string>.Empty.With("kubernetes.io/service-name", "hook") },
            Ports = [new Api.Discovery.V1.EndpointPort { Name = "https", Port = server.Port }],
            Endpoints = [new Endpoint { Addresses = ["127.0.0.1"], Conditions = new EndpointConditions { Ready = true } }],
        });
        _index.Put(Validating(Judge(server) with
        {
            ClientConfig = new WebhookClientConfig { Service = new ServiceReference { Namespace = "d", Name = "hook" }, CaBundle = Encoding.UTF8.GetBytes(server.AuthorityPem) },
        }));

        await RunAsync(new ConfigMap { Metadata = new ObjectMeta { Namespace = "d", Name = "m" } });
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Selectors_and_rules_choose_what_is_asked()
    {
        await using var server = await WebhookServer.StartAsync(_ => Denial(403, "no"));
        _index.Put(Validating(
            Judge(server) with { NamespaceSelector = new LabelSelector { MatchLabels = ApiMap<string>.Empty.With("team", "b") } },
            Judge(server) with { Rules = [Everything with { Resources = ["secrets"] }] },
            Judge(server) with { ObjectSelector = new LabelSelector { MatchLabels = ApiMap<string>.Empty.With("x", "y") } }));

        await RunAsync(new ConfigMap { Metadata = new ObjectMeta { Namespace = "d", Name = "m" } });
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task A_server_of_another_CA_is_not_believed()
    {
        await using var server = await WebhookServer.StartAsync(_ => Allowed());
        await using var other = await WebhookServer.StartAsync(_ => Allowed());
        _index.Put(Validating(Judge(server) with { ClientConfig = new WebhookClientConfig { Url = $"https://127.0.0.1:{server.Port}/", CaBundle = Encoding.UTF8.GetBytes(other.AuthorityPem) } }));

        var failure = await Assert.ThrowsAsync<ApiException>(() => RunAsync(new ConfigMap { Metadata = new ObjectMeta { Namespace = "d", Name = "m" } }));
        Assert.EndsWith("tls: failed to verify certificate: x509: certificate signed by unknown authority", failure.Message, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    private static RuleWithOperations Everything { get; } = new() { Operations = ["*"], ApiGroups = ["*"], ApiVersions = ["*"], Resources = ["*/*"] };

    private static MutatingWebhook Hook(WebhookServer server) => new()
    {
        Name = "hook.example.com",
        ClientConfig = new WebhookClientConfig { Url = $"https://127.0.0.1:{server.Port}/", CaBundle = Encoding.UTF8.GetBytes(server.AuthorityPem) },
        Rules = [Everything],
        SideEffects = "None",
        AdmissionReviewVersions = ["v1"],
    };

    private static ValidatingWebhook Judge(WebhookServer server) => new()
    {
        Name = "hook.example.com",
        ClientConfig = new WebhookClientConfig { Url = $"https://127.0.0.1:{server.Port}/", CaBundle = Encoding.UTF8.GetBytes(server.AuthorityPem) },
        Rules = [Everything],
        SideEffects = "None",
        AdmissionReviewVersions = ["v1"],
    };

    private static MutatingWebhookConfiguration Mutating(string name, params MutatingWebhook[] hooks) =>
        new() { Metadata = new ObjectMeta { Name = name }, Webhooks = [.. hooks] };

    private static ValidatingWebhookConfiguration Validating(params ValidatingWebhook[] hooks) =>
        new() { Metadata = new ObjectMeta { Name = "v" }, Webhooks = [.. hooks] };

    private static JsonObject Allowed() => new() { ["allowed"] = true };

    private static JsonObject Patch(string patch) => new()
    {
        ["allowed"] = true, ["patchType"] = "JSONPatch", ["patch"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(patch)),
    };

    private static JsonObject Denial(int code, string message) => new() { ["allowed"] = false, ["status"] = new JsonObject { ["code"] = code, ["message"] = message } };

    private async Task<T> RunAsync<T>(T map)
        where T : ApiObject, IResourceObject<T>
    {
        var own = map.DeepCopy();
        var attributes = new AdmissionAttributes
        {
            Operation = AdmissionOperation.Create,
            Resource = T.Resource,
            Namespace = map.Metadata.Namespace,
            Name = map.Metadata.Name,
            Object = own,
            User = new UserInfo { Name = "jane" },
            Warnings = _warnings,
        };
        await _chain.MutateAsync(attributes, CancellationToken.None);
        await _chain.ValidateAsync(attributes, CancellationToken.None);
        _annotations = attributes.AuditAnnotations;
        return own;
    }
}
