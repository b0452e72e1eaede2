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
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Admission.Webhooks;

public sealed class WebhookTests : IDisposable
{
    private readonly ObjectShelf _objects = new();
    private readonly WebhookIndex _index = new();
    private readonly WebhookClient _client;
    private readonly AdmissionChain _chain;
    private readonly List<string> _warnings = [];

    public WebhookTests()
    {
        _client = new WebhookClient(_objects, new Random(1));
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

        await Assert.ThrowsAsync<ApiException>(() => RunAsync(new ConfigMap { Metadata = new ObjectMeta { Namespace = "d", Name = "m" } }));
        Assert.Empty(server.Requests);
    }

    private static RuleWithOperations Everything { get; } = new() { Operations = ["*"], ApiGroups = ["*"], ApiVersions = ["*"], Resources = ["*/*"] };

    private static MutatingWebhook Hook(WebhookServer server) => new()
    {
        Name = "hook.example.com",
        ClientConfig = new WebhookClientConfig { Url = $"https://127.0.0.1:{server.Port}/", CaBundle = Encoding.UTF8.GetBytes(server.AuthorityPem) },
        Rules = [Everything],
        SideEffects = "None",
    };

    private static ValidatingWebhook Judge(WebhookServer server) => new()
    {
        Name = "hook.example.com",
        ClientConfig = new WebhookClientConfig { Url = $"https://127.0.0.1:{server.Port}/", CaBundle = Encoding.UTF8.GetBytes(server.AuthorityPem) },
        Rules = [Everything],
        SideEffects = "None",
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
        return own;
    }
}
