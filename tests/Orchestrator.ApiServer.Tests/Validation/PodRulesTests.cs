namespace Orchestrator.ApiServer.Tests.Validation;

/// <summary>Faults and warnings of pods: which field, which words, in which order.</summary>
public sealed class PodRulesTests
{
    [Theory]
    [InlineData(
        """{"volumes":[{"name":"v","cephfs":{"monitors":["m"]}},{"name":"w","emptyDir":{},"cephfs":{"monitors":["m"]}},{"name":"x","emptyDir":{},"downwardAPI":{}}]}""",
        "spec.volumes[1].cephFS: Forbidden: may not specify more than 1 volume type", "spec.volumes[2].downwarAPI: Forbidden: may not specify more than 1 volume type")]
    [InlineData(
        """{"volumes":[{"name":"v","projected":{"sources":[{"secret":{"name":"s","items":[{"key":"k","path":"p"}]}},{"configMap":{"name":"m","items":[{"key":"k","path":"p"}]},"secret":{"name":"t"}}]}}]}""",
        "spec.volumes[0].projected: Invalid value: \"m\": conflicting duplicate paths",
        "spec.volumes[0].projected.sources[1]: Forbidden: may not specify more than 1 volume type per source")]
    [InlineData(
        """{"volumes":[{"name":"v","quobyte":{"registry":"nowhere","volume":""}}]}""",
        "spec.volumes[0].quobyte.registry: Invalid value: \"nowhere\": must be a host:port pair or multiple pairs separated by commas",
        "spec.volumes[0].quobyte.volume: Required value")]
    [InlineData(
        """{"volumes":[{"name":"v","flexVolume":{"driver":"d","options":{"a.kubernetes.io/b":"c"}}}]}""",
        "spec.volumes[0].flexVolume.options[a.kubernetes.io/b]: Invalid value: \"a.kubernetes.io/b\": kubernetes.io and k8s.io namespaces are reserved")]
    [InlineData(
        """{"volumes":[{"name":"e","ephemeral":{"volumeClaimTemplate":{"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1"}}}}}},{"name":"c","persistentVolumeClaim":{"claimName":"n-e"}}]}""",
        "spec.volumes[1].persistentVolumeClaim.claimName: Invalid value: \"n-e\": must not reference a PVC that gets created for an ephemeral volume")]
    [InlineData(
        """{"topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"k","whenUnsatisfiable":"ScheduleAnyway","minDomains":0,"labelSelector":{}}]}""",
        "spec.topologySpreadConstraints[0].minDomains: Invalid value: 0: must be greater than zero",
        "spec.topologySpreadConstraints[0].minDomains: Invalid value: 0: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway")]
    [InlineData(
        """{"securityContext":{"windowsOptions":{"runAsUserName":"a\\b\\c"}}}""",
        "spec.securityContext.windowsOptions.runAsUserName: Invalid value: \"a\\\\b\\\\c\": runAsUserName cannot contain more than one backslash")]
    [InlineData(
        """{"hostAliases":[{"ip":"10.0.0.1","hostnames":["ok","B"]}]}""",
        "spec.hostAliases[0].hostnames[1]: Invalid value: \"B\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')")]
    public void Faults_of_a_new_pod(string spec, params string[] expected) => Assert.Equal(expected, Rules.Create("pods", Pod(spec)));

    [Fact]
    public void A_preferred_node_may_have_label_values_that_no_node_can_have_and_that_is_warned_of()
    {
        var warnings = new List<string>();
        Assert.Empty(Rules.Create("pods", Pod("""{"affinity":{"nodeAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"weight":1,"preference":{"matchExpressions":[{"key":"a","operator":"In","values":["b c"]}]}}]}}}"""), warnings));
        Assert.StartsWith("spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].values[0]: b c is invalid, ", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Warnings_come_in_the_order_of_upstream()
    {
        var warnings = new List<string>();
        const string Spec = """
            {"nodeSelector":{"beta.kubernetes.io/os":"linux"},"imagePullSecrets":[{"name":""},{"name":"a"},{"name":"a"}],
             "containers":[{"name":"c","image":"i","env":[{"name":"A","value":"1"},{"name":"A","value":"$(A)"}],"ports":[{"containerPort":1},{"containerPort":1,"hostPort":1}]}],
             "affinity":{"podAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"k"}]}}}
            """;
        Assert.Empty(Rules.Create("pods", Pod(Spec), warnings));
        Assert.Equal(
            [
                "spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use \"kubernetes.io/os\" instead",
                "spec.imagePullSecrets[2].name: duplicate name \"a\"",
                "spec.imagePullSecrets[0].name: invalid empty name \"\"",
                "spec.containers[0].env[1]: hides previous definition of \"A\", which may be dropped when using apply",
                "spec.containers[0].ports[1]: overlapping port definition with spec.containers[0].ports[0]",
                "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: a null labelSelector results in matching no pod",
            ],
            warnings);
    }

    [Theory]
    [InlineData("""{"containers":[{"name":"c","image":"other","resources":{"requests":{"cpu":"2"}}}]}""")]
    [InlineData("""{"containers":[{"name":"c","image":"i","resources":{"requests":{"memory":"1"}}}]}""", "spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed")]
    [InlineData("""{"containers":[{"name":"c","image":"i","resources":{"requests":{"cpu":"1","ephemeral-storage":"1"}}}]}""", "spec: Forbidden: only cpu and memory resources are mutable")]
    [InlineData(
        """{"containers":[{"name":"d","image":"i","resources":{"requests":{"cpu":"1"}}}]}""",
        "spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize", "spec: Forbidden: only cpu and memory resources are mutable")]
    public void A_resize_changes_cpu_and_memory_and_leaves_the_rest_as_it_was(string spec, params string[] expected)
    {
        var before = Pod("""{"containers":[{"name":"c","image":"i","resources":{"requests":{"cpu":"1"}}}]}""");
        Assert.Equal(expected, Rules.Update("pods", before, Pod(spec), "resize"));
    }

    [Fact]
    public void Names_of_apparmor_profiles_in_annotations_are_fixed_with_the_pod()
    {
        const string Key = "container.apparmor.security.beta.kubernetes.io/c";
        var plain = Pod("{}");
        var named = plain.Replace("\"metadata\":{}", "\"metadata\":{\"annotations\":{\"" + Key + "\":\"unconfined\"}}", StringComparison.Ordinal);
        Assert.Equal([$"metadata.annotations[{Key}]: Forbidden: may not add AppArmor annotations"], Rules.Update("pods", plain, named));
        Assert.Equal([$"metadata.annotations[{Key}]: Forbidden: may not remove or update AppArmor annotations"], Rules.Update("pods", named, plain));
    }

    [Fact]
    public void Container_that_has_ended_starts_again_only_if_a_rule_may_restart_all()
    {
        static string Ended(string rules, string state) => $$$$"""
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},
             "spec":{"restartPolicy":"Never","initContainers":[{"name":"i","image":"i"}],"containers":[{"name":"c","image":"i"{{{{rules}}}}}]},
             "status":{"phase":"Running","qosClass":"BestEffort","initContainerStatuses":[{"name":"i","image":"i","imageID":"","ready":true,"restartCount":0,"state":{{{{state}}}}}]}}
            """;
        const string Rule = ""","restartPolicy":"Never","restartPolicyRules":[{"action":"RestartAllContainers","exitCodes":{"operator":"In","values":[42]}}]""";
        const string Terminated = """{"terminated":{"exitCode":0}}""";
        const string Waiting = """{"waiting":{"reason":"RestartingAllContainers"}}""";

        Assert.Equal(
            ["status.initContainerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state"],
            Rules.Update("pods", Ended("", Terminated), Ended("", Waiting), "status"));
        Assert.Empty(Rules.Update("pods", Ended(Rule, Terminated), Ended(Rule, Waiting), "status"));
    }

    private static string Pod(string spec)
    {
        var whole = System.Text.Json.Nodes.JsonNode.Parse(spec)!.AsObject();
        whole.TryAdd("containers", System.Text.Json.Nodes.JsonNode.Parse("""[{"name":"c","image":"i"}]"""));
        return """{"apiVersion":"v1","kind":"Pod","metadata":{},"spec":""" + whole.ToJsonString() + "}";
    }
}
