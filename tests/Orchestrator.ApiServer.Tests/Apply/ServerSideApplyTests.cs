using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.AdmissionRegistration.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Json;
using Orchestrator.Api.Rbac.V1;
using Orchestrator.ApiServer.Apply;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Tests.Apply;

public sealed class ServerSideApplyTests
{
    private static readonly DateTimeOffset Now = new(2031, 5, 1, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Struct_that_loses_all_its_fields_is_gone()
    {
        const string Head = """{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":"r"}""";
        var live = Apply<ClusterRole>(new ClusterRole(), Head + ""","aggregationRule":{"clusterRoleSelectors":[{"matchLabels":{"a":"b"}}]}}""", "m");
        live = live with { Metadata = live.Metadata with { Uid = "u" } };
        Assert.Null(Apply<ClusterRole>(live, Head + ""","aggregationRule":{}}""", "m").AggregationRule);
    }

    [Fact]
    public void Items_of_the_live_object_that_nothing_identifies_are_told()
    {
        var live = new ServiceAccount { ApiVersion = "v1", Kind = "ServiceAccount", Metadata = new() { Name = "a", Namespace = "n", Uid = "u" }, Secrets = [new ObjectReference { Kind = "x" }] };
        var refused = Assert.Throws<ApiException>(() => Apply<ServiceAccount>(live, """{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"a"},"secrets":[{"name":"b"}]}""", "m"));
        Assert.Equal(
            "failed to create manager for existing fields: failed to convert new object (n/a; /v1, Kind=ServiceAccount) to smd typed: .secrets: element 0: "
                + "associative list with keys has an element that omits all key fields [\"name\"] (and doesn't have default values for any key fields)",
            refused.Status.Message);
    }

    [Fact]
    public void Conflicts_stand_in_the_order_of_the_managers_entries()
    {
        const string Head = """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"}""";
        var live = Apply<ConfigMap>(new ConfigMap(), Head + ""","data":{"a":"1"}}""", "m", subresource: "status");
        live = live with { Metadata = live.Metadata with { Uid = "u" } };
        var changed = (live with { Data = live.Data.With("b", "1") }).DeepCopy();
        ManagedFields.OnUpdate(changed, live, Context<ConfigMap>("v1", "m", ""));

        var refused = Assert.Throws<ApiException>(() => Apply<ConfigMap>(changed, Head + ""","data":{"a":"2","b":"2"}}""", "other"));
        Assert.Equal(
            "Apply failed with 2 conflicts: conflicts with \"m\" with subresource \"status\":\n- .data.a\nconflicts with \"m\" using v1:\n- .data.b", refused.Status.Message);
    }

    [Fact]
    public void Empty_bytes_are_owned_by_nobody()
    {
        var made = (MutatingWebhookConfiguration)ApiJson.Read(
            ApiTypes.FindKind("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration")!,
            """{"metadata":{"name":"a"},"webhooks":[{"name":"w","clientConfig":{"url":"u","caBundle":""}}]}"""u8);
        ManagedFields.OnCreate(made, Context<MutatingWebhookConfiguration>("admissionregistration.k8s.io/v1", "m", ""));
        Assert.DoesNotContain("caBundle", Encoding.UTF8.GetString(ApiJson.WriteToArray(made)), StringComparison.Ordinal);
    }

    private static WriteContext Context<T>(string apiVersion, string manager, string subresource)
        where T : ApiObject, new() => new()
        {
            Manager = manager, ApiVersion = apiVersion, Subresource = subresource, Type = ApplyTypes.Of(new T().TypeSchema), Now = Now,
        };

    private static T Apply<T>(ApiObject live, string config, string manager, string subresource = "")
        where T : ApiObject, new()
    {
        var tree = (IApiMap)ApiJson.ReadValue(Encoding.UTF8.GetBytes(config))!;
        tree.TryGetSlot("apiVersion", out var version);
        tree.TryGetSlot("kind", out var kind);
        return (T)ServerSideApply.Apply(live, tree, (string)kind!, force: false, Context<T>((string)version!, manager, subresource));
    }
}
