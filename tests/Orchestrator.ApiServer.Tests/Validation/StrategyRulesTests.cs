using Orchestrator.ApiServer.Strategies;

namespace Orchestrator.ApiServer.Tests.Validation;

/// <summary>Fields of gates that are off, warnings, and rules of changes.</summary>
public sealed class StrategyRulesTests
{
    private const string Template = """{"metadata":{"labels":{"a":"b"}},"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i"}]}}""";

    [Theory]
    [InlineData("pods", """{"apiVersion":"v1","kind":"Pod","metadata":{},"spec":{"schedulingGroup":{"podGroupName":"gone"},"containers":[]}}""")]
    [InlineData("pods", """{"apiVersion":"v1","kind":"Pod","metadata":{},"spec":{"volumes":[{"name":"v","projected":{"sources":[{"clusterTrustBundle":{"name":"gone","path":"p"}}]}}],"containers":[]}}""")]
    [InlineData("podtemplates", """{"apiVersion":"v1","kind":"PodTemplate","metadata":{},"template":{"spec":{"volumes":[{"name":"v","projected":{"sources":[{"podCertificate":{"signerName":"gone"}}]}}]}}}""")]
    [InlineData("persistentvolumeclaims", """{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{},"spec":{"dataSourceRef":{"apiGroup":"a.b","kind":"K","name":"gone","namespace":"x"}}}""")]
    [InlineData("csidrivers", """{"apiVersion":"storage.k8s.io/v1","kind":"CSIDriver","metadata":{},"spec":{"preventPodSchedulingIfMissing":true,"tokenRequests":[]}}""", "preventPodSchedulingIfMissing")]
    [InlineData("nodes", """{"apiVersion":"v1","kind":"Node","metadata":{},"spec":{"configSource":{"configMap":{"name":"gone"}}},"status":{"config":{"error":"gone"}}}""")]
    public void What_a_gate_that_is_off_guards_is_dropped(string resource, string json, string dropped = "gone") => Assert.DoesNotContain(dropped, Rules.Prepared(resource, json), StringComparison.Ordinal);

    [Theory]
    [InlineData("jobs", "batch/v1", "Job", """{"completionMode":"Indexed","completions":100001,"parallelism":10001,"template":TEMPLATE}""", "spec: In Indexed Jobs")]
    [InlineData("cronjobs", "batch/v1", "CronJob", """{"schedule":"* * * * *","jobTemplate":{"spec":{"completionMode":"Indexed","completions":100001,"parallelism":10001,"template":TEMPLATE}}}""", "spec.jobTemplate.spec: In Indexed Jobs")]
    [InlineData("services", "v1", "Service", """{"ports":[{"port":1}],"externalIPs":["1.2.3.4"]}""", "spec.externalIPs is deprecated and may no longer be implemented in some clusters")]
    [InlineData("services", "v1", "Service", """{"ports":[{"port":1}],"clusterIP":"None","externalIPs":["1.2.3.4"]}""", "spec.externalIPs is ignored for headless services")]
    [InlineData("services", "v1", "Service", """{"ports":[{"port":1}],"loadBalancerSourceRanges":["10.0.0.1/24"]}""",
        "spec.loadBalancerSourceRanges[0]: CIDR value \"10.0.0.1/24\" is ambiguous in this context (should be \"10.0.0.0/24\" or \"10.0.0.1/32\"?)")]
    [InlineData("nodes", "v1", "Node", """{"externalID":"x"}""", "spec.externalID: this field is deprecated, and is unused by Kubernetes")]
    [InlineData("statefulsets", "apps/v1", "StatefulSet", """{"template":TEMPLATE,"volumeClaimTemplates":[{"metadata":{"name":"v"},"spec":{"resources":{"requests":{"storage":"1500m"}}}}],"revisionHistoryLimit":-1}""",
        "spec.volumeClaimTemplates[0].Spec.resources.requests[storage]: fractional byte value \"1500m\" is invalid, must be an integer",
        "spec.revisionHistoryLimit: a negative value")]
    public void New_objects_are_warned_of(string resource, string version, string kind, string spec, params string[] expected)
    {
        var warnings = new List<string>();
        Rules.Create(resource, $$"""{"apiVersion":"{{version}}","kind":"{{kind}}","metadata":{},"spec":{{spec.Replace("TEMPLATE", Template, StringComparison.Ordinal)}}}""", warnings);
        Assert.Equal(expected.Length, warnings.Count);
        Assert.All(expected.Zip(warnings), static p => Assert.StartsWith(p.First, p.Second, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("services", "status", """{"apiVersion":"v1","kind":"Service","metadata":{},"spec":{"ports":[{"port":1}]},"status":{"loadBalancer":{"ingress":[{"ip":"2001:DB8::1"}]}}}""",
        "status.loadBalancer.ingress[0]: IPv6 address \"2001:DB8::1\" should be in RFC 5952 canonical format (\"2001:db8::1\")")]
    [InlineData("pods", "status", """{"apiVersion":"v1","kind":"Pod","metadata":{},"spec":{"containers":[]},"status":{"podIPs":[{"ip":"1.2.3.4"}],"hostIPs":[{"ip":"2001:DB8::1"}]}}""",
        "status.hostIPs[0].ip: IPv6 address \"2001:DB8::1\" should be in RFC 5952 canonical format (\"2001:db8::1\")")]
    [InlineData("endpoints", "", """{"apiVersion":"v1","kind":"Endpoints","metadata":{},"subsets":[{"notReadyAddresses":[{"ip":"2001:DB8::1"}]}]}""",
        "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
        "subsets[0].notReadyAddresses[0].ip: IPv6 address \"2001:DB8::1\" should be in RFC 5952 canonical format (\"2001:db8::1\")")]
    [InlineData("podtemplates", "", """{"apiVersion":"v1","kind":"PodTemplate","metadata":{},"template":{"spec":{"nodeSelector":{"beta.kubernetes.io/os":"x"}}}}""")]
    [InlineData("statefulsets", "", """{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{},"spec":{"revisionHistoryLimit":-1,"template":{"spec":{"nodeSelector":{"beta.kubernetes.io/os":"x"}}}}}""",
        "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended")]
    public void Objects_written_as_they_are_are_warned_of(string resource, string subresource, string json, params string[] expected)
    {
        var warnings = new List<string>();
        Rules.Update(resource, json, json, subresource, warnings);
        Assert.Equal(expected, warnings);
    }

    [Fact]
    public void The_status_of_an_API_service_has_conditions_that_are_true_or_false_or_unknown()
    {
        const string Service = """{"apiVersion":"apiregistration.k8s.io/v1","kind":"APIService","metadata":{},"status":{"conditions":[{"type":"Available","status":"True"}]}}""";
        Assert.Equal(
            ["status.conditions[0].status: Unsupported value: \"Yes\": supported values: \"True\", \"False\", \"Unknown\""],
            Rules.Update("apiservices", Service, Service.Replace("\"True\"", "\"Yes\"", StringComparison.Ordinal), "status"));
    }

    [Theory]
    [InlineData(null, 1)]
    [InlineData("c", 0)]
    public void The_old_annotation_of_an_ingress_is_warned_of_where_it_stands_alone(string? className, int count)
    {
        var warnings = new List<string>();
        Rules.Create("ingresses", $$$"""
            {"apiVersion":"networking.k8s.io/v1","kind":"Ingress","metadata":{"annotations":{"kubernetes.io/ingress.class":"c"}},"spec":{"ingressClassName":{{{(className is null ? "null" : "\"c\"")}}}}}
            """, warnings);
        Assert.Equal(count, warnings.Count);
    }

    [Fact]
    public void A_changed_node_is_held_to_the_rules_of_a_new_one_and_to_those_of_a_change()
    {
        const string Node = """{"apiVersion":"v1","kind":"Node","metadata":{},"spec":{"taints":[{"key":"a","effect":"NoSchedule"}]}}""";
        const string Effect = "metadata.taints[0].effect: Unsupported value: \"X\": supported values: \"NoSchedule\", \"PreferNoSchedule\", \"NoExecute\"";
        Assert.Equal([Effect, Effect], Rules.Update("nodes", Node, Node.Replace("NoSchedule", "X", StringComparison.Ordinal)));
        Assert.Equal(["spec.externalID: Forbidden: may not be updated"], Rules.Update("nodes", Node, Node.Replace("\"taints\"", "\"externalID\":\"x\",\"taints\"", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("status.capacity.cpu: Invalid value: \"-1\": must be greater than or equal to 0", """{"cpu":"-1"}""")]
    [InlineData("status.capacity.pods: Invalid value: \"1500m\": must be an integer", """{"pods":"1500m"}""")]
    public void What_a_node_has_is_counted(string fault, string capacity) => Assert.Equal(
        [fault, fault.Replace("capacity", "allocatable", StringComparison.Ordinal)],
        Rules.Create("nodes", """{"apiVersion":"v1","kind":"Node","metadata":{},"status":{"capacity":""" + capacity + "}}"));

    [Fact]
    public void Networks_for_services_are_judged_one_by_one_before_they_are_compared() => Assert.Equal(
        ["spec.cidrs[1]: Invalid value: \"x\": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"],
        Rules.Create("servicecidrs", """{"apiVersion":"networking.k8s.io/v1","kind":"ServiceCIDR","metadata":{},"spec":{"cidrs":["192.0.2.0/24","x"]}}"""));

    [Theory]
    [InlineData("system-node-critical", "this is a system priority class and cannot be deleted")]
    [InlineData("mine", null)]
    public void Priority_classes_of_the_system_stay(string name, string? why) =>
        Assert.Equal(why, StrategyTable.Find("scheduling.k8s.io", "priorityclasses", "")!.Undeletable(name));
}
