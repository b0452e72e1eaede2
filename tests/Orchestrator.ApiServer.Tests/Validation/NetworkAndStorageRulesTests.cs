using System.Text;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Strategies;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Tests.Validation;

/// <summary>Faults of what networks, attachments, classes and events are described by.</summary>
public sealed class NetworkAndStorageRulesTests
{
    [Fact]
    public void The_default_backend_of_an_ingress_comes_first_and_a_path_without_a_type_has_no_other_fault() => Assert.Equal(
        [
            "spec.defaultBackend.resource.kind: Required value",
            "spec.defaultBackend.resource.name: Invalid value: \"a/b\": may not contain '/'",
            "spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified",
            "spec.rules[1].host: Invalid value: \"::1\": must be a DNS name, not an IP address",
        ],
        Rules.Create("ingresses", """
            {"apiVersion":"networking.k8s.io/v1","kind":"Ingress","metadata":{},"spec":{"defaultBackend":{"resource":{"kind":"","name":"a/b"}},
             "rules":[{"http":{"paths":[{"path":"x","backend":{}}]}},{"host":"::1"}]}}
            """)[..4]);

    [Fact]
    public void A_network_policy_may_spell_an_address_in_several_ways_and_is_warned_of_it()
    {
        var warnings = new List<string>();
        Assert.Empty(Rules.Create("networkpolicies", Policy("2001:DB8::/32"), warnings));
        Assert.Equal(["spec.egress[0].to[0].ipBlock.cidr: IPv6 CIDR value \"2001:DB8::/32\" should be in RFC 5952 canonical format (\"2001:db8::/32\")"], warnings);
        const string Fault = "spec.egress[0].to[0].ipBlock.cidr: Invalid value: \"10.0.0.0/08\": must not have leading 0s in IP or prefix length";
        Assert.Equal([Fault], Rules.Create("networkpolicies", Policy("10.0.0.0/08")));
        Assert.Equal([Fault, Fault], Rules.Update("networkpolicies", Policy("10.0.0.0/8"), Policy("10.0.0.0/08")));
    }

    [Theory]
    [InlineData("a.b.", null)]
    [InlineData("", "endpoints[0].addresses[0]: Required value")]
    [InlineData("a", "endpoints[0].addresses[0]: Invalid value: \"a\": should be a domain with at least two segments separated by dots")]
    public void A_domain_name_of_an_endpoint_has_two_segments(string name, string? fault) => Assert.Equal(
        fault is null ? [] : [fault],
        Rules.Create("endpointslices", $$"""{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{},"addressType":"FQDN","endpoints":[{"addresses":["{{name}}"]}]}"""));

    [Fact]
    public void The_topology_of_an_endpoint_is_dropped_and_the_node_it_named_before_is_kept()
    {
        const string Before = """{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{},"addressType":"IPv4","endpoints":[{"addresses":["10.0.0.1"],"deprecatedTopology":{"kubernetes.io/hostname":"n"}}]}""";
        var strategy = StrategyTable.Find("discovery.k8s.io", "endpointslices")!;
        var context = new StrategyContext { User = new UserInfo { Name = "a" }, Time = TimeProvider.System };
        var old = ApiJson.Read<Orchestrator.Api.Discovery.V1.EndpointSlice>(Encoding.UTF8.GetBytes(Before));
        var changed = ApiJson.Read<Orchestrator.Api.Discovery.V1.EndpointSlice>(Encoding.UTF8.GetBytes(Before.Replace("10.0.0.1", "10.0.0.2", StringComparison.Ordinal)));
        strategy.PrepareForUpdate(changed, old, context);
        Assert.Equal("n", changed.Endpoints[0].NodeName);
        Assert.Empty(changed.Endpoints[0].DeprecatedTopology);
        strategy.PrepareForCreate(old, context);
        Assert.Null(old.Endpoints[0].NodeName);
        Assert.Empty(old.Endpoints[0].DeprecatedTopology);
    }

    [Fact]
    public void An_attachment_names_a_volume_or_holds_one()
    {
        Assert.Equal(
            [
                "spec.source.inlineVolumeSpec.capacity: Forbidden: may not be specified in the context of inline volumes",
                "spec.source.inlineVolumeSpec.csi: Required value: has to be specified in the context of inline volumes",
                "spec.source.inlineVolumeSpec.accessModes: Required value",
                "spec.source.inlineVolumeSpec: Required value: must specify a volume type",
            ],
            Rules.Create("volumeattachments", Attachment("""{"inlineVolumeSpec":{"capacity":{"storage":"1"}}}""")));
        Assert.Equal("spec.source.persistentVolumeName: Required value: must specify non empty persistentVolumeName", Rules.Create("volumeattachments", Attachment("""{"persistentVolumeName":""}"""))[0]);
        const string Fault = "status.attachError.errorCode: Invalid value: -1: must be between 0 and 2147483647, inclusive";
        var before = Attachment("""{"persistentVolumeName":"v"}""");
        Assert.Equal([Fault, Fault], Rules.Update("volumeattachments", before, before[..^1] + ""","status":{"attached":false,"attachError":{"errorCode":-1}}}""", "status"));
    }

    [Fact]
    public void Classes_are_looked_at_in_full_when_they_change()
    {
        const string Class = """{"apiVersion":"storage.k8s.io/v1","kind":"VolumeAttributesClass","metadata":{},"driverName":"a.b","parameters":{"a":"b"}}""";
        Assert.Equal(
            ["parameters: Forbidden: updates to parameters are forbidden.", "parameters: Required value: must contain at least one key/value pair"],
            Rules.Update("volumeattributesclasses", Class, Class.Replace("{\"a\":\"b\"}", "{}", StringComparison.Ordinal)));
        const string Storage = """{"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{},"provisioner":"a.b"}""";
        Assert.Equal(
            ["reclaimPolicy: Unsupported value: \"Recycle\": supported values: \"Delete\", \"Retain\"", "reclaimPolicy: Invalid value: \"Recycle\": field is immutable"],
            Rules.Update("storageclasses", Storage, Storage[..^1] + ",\"reclaimPolicy\":\"Recycle\"}"));
    }

    [Fact]
    public void Tokens_are_in_secrets_only_where_there_are_tokens() => Assert.Equal(
        ["spec.serviceAccountTokenInSecrets: Invalid value: true: serviceAccountTokenInSecrets is set but no tokenRequests are specified"],
        Rules.Create("csidrivers", """{"apiVersion":"storage.k8s.io/v1","kind":"CSIDriver","metadata":{},"spec":{"serviceAccountTokenInSecrets":true}}"""));

    [Fact]
    public void Tolerations_of_a_runtime_class_differ() => Assert.Equal(
        ["scheduling.tolerations[1]: Duplicate value: {\"Key\":\"a\",\"Operator\":\"Exists\",\"Value\":\"\",\"Effect\":\"\",\"TolerationSeconds\":null}"],
        Rules.Create("runtimeclasses", """
            {"apiVersion":"node.k8s.io/v1","kind":"RuntimeClass","metadata":{},"handler":"h","scheduling":{"tolerations":[{"key":"a","operator":"Exists"},{"key":"a","operator":"Exists"}]}}
            """));

    [Fact]
    public void What_is_not_overcommitted_is_requested_as_limited() => Assert.Equal(
        ["spec.limits[0].defaultRequest[hugepages-2Mi]: Invalid value: \"2Mi\": default value 4Mi must equal to defaultRequest value 2Mi in hugepages-2Mi"],
        Rules.Create("limitranges", """
            {"apiVersion":"v1","kind":"LimitRange","metadata":{},"spec":{"limits":[{"type":"Container","default":{"hugepages-2Mi":"4Mi"},"defaultRequest":{"hugepages-2Mi":"2Mi"}}]}}
            """));

    [Theory]
    [InlineData("""{"involvedObject":{"namespace":"ns"},"type":"Normal"}""", "eventTime: Required value")]
    [InlineData("""{"involvedObject":{"namespace":"ns"},"eventTime":"2001-01-01T00:00:00.000000Z","reportingComponent":"a","reportingInstance":"b","action":"c","reason":"d","type":"x","count":1,"series":{"count":1}}""",
        "series.count: Invalid value: \"\": should be at least 2", "series.lastObservedTime: Required value", "type: Invalid value: \"\": has invalid value: x", "count: Invalid value: \"\": needs to be unset")]
    [InlineData("""{"eventTime":"2001-01-01T00:00:00.000000Z","reportingInstance":"b","action":"c","reason":"d","type":"Normal"}""",
        "involvedObject.namespace: Invalid value: \"\": does not match event.namespace", "reportingController: Required value",
        "reportingController: Invalid value: \"\": name part must be non-empty")]
    public void A_new_event_says_who_reports_what_and_when(string json, params string[] faults)
    {
        var ev = ApiJson.Read<Event>(Encoding.UTF8.GetBytes("""{"metadata":{"name":"n","namespace":"ns"},""" + json[1..]));
        var errors = new FieldErrorList();
        StrategyTable.Find("events.k8s.io", "events")!.Validate(ev, errors);
        Assert.Equal(faults, errors.Select(static e => e.ToString()).Take(faults.Length));
    }

    private static string Policy(string cidr) =>
        $$$"""{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{},"spec":{"podSelector":{},"egress":[{"to":[{"ipBlock":{"cidr":"{{{cidr}}}"}}]}]}}""";

    private static string Attachment(string source) =>
        """{"apiVersion":"storage.k8s.io/v1","kind":"VolumeAttachment","metadata":{},"spec":{"attacher":"a.b","nodeName":"n","source":""" + source + "}}";
}
