namespace Orchestrator.ApiServer.Tests.Validation;

/// <summary>Faults and warnings of secrets, services and volumes, and of the metadata of kinds that upstream looks at in their own way.</summary>
public sealed class CoreRulesTests
{
    [Theory]
    [InlineData("{}", null)]
    [InlineData("[]", "json: cannot unmarshal array into Go value of type map[string]interface {}")]
    [InlineData("5", "json: cannot unmarshal number into Go value of type map[string]interface {}")]
    [InlineData("", "unexpected end of JSON input")]
    [InlineData("{\"a\"}", "invalid character '}' after object key")]
    public void A_docker_config_is_a_JSON_object(string text, string? fault) => Assert.Equal(
        fault is null ? [] : [$"data[.dockerconfigjson]: Invalid value: \"<secret contents redacted>\": {fault}"],
        Rules.Create("secrets", $$$"""
            {"apiVersion":"v1","kind":"Secret","metadata":{},"type":"kubernetes.io/dockerconfigjson","data":{".dockerconfigjson":"{{{Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text))}}}"}}
            """));

    [Theory]
    [InlineData("x", "x", "tls: failed to find any PEM data in certificate input")]
    [InlineData("PRIVATE KEY", "x", "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched")]
    [InlineData("A B", "x", "tls: failed to find \"CERTIFICATE\" PEM block in certificate input after skipping PEM blocks of the following types: [A B]")]
    [InlineData("CERTIFICATE", "x", "tls: failed to find any PEM data in key input")]
    [InlineData("CERTIFICATE", "CERTIFICATE", "tls: found a certificate rather than a key in the PEM for the private key")]
    [InlineData("CERTIFICATE", "PRIVATE KEY", "x509: malformed certificate")]
    public void Certificate_and_key_of_a_secret_are_warned_of_when_they_make_no_pair(string certificate, string key, string warning)
    {
        var warnings = new List<string>();
        Assert.Empty(Rules.Create("secrets", $$$"""
            {"apiVersion":"v1","kind":"Secret","metadata":{},"type":"kubernetes.io/tls","data":{"tls.crt":"{{{Pem(certificate)}}}","tls.key":"{{{Pem(key)}}}"}}
            """, warnings));
        Assert.Equal([warning], warnings);

        static string Pem(string label) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(label == "x" ? "x" : $"-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n"));
    }

    [Theory]
    [InlineData("""{"clusterIP":"None","sessionAffinity":"ClientIP","ports":[{"port":1}]}""", "spec.SessionAffinity is ignored for headless services")]
    [InlineData("""{"externalName":"a.b","ports":[{"port":1}]}""", "spec.externalName is ignored when spec.type is not \"ExternalName\"")]
    [InlineData("""{"type":"LoadBalancer","loadBalancerIP":"2001:DB8::1","loadBalancerSourceRanges":["2001:DB8::/32"],"ports":[{"port":1}]}""",
        "spec.loadBalancerIP: IPv6 address \"2001:DB8::1\" should be in RFC 5952 canonical format (\"2001:db8::1\")",
        "spec.loadBalancerSourceRanges[0]: IPv6 CIDR value \"2001:DB8::/32\" should be in RFC 5952 canonical format (\"2001:db8::/32\")")]
    public void What_does_nothing_in_a_service_is_warned_of(string spec, params string[] expected)
    {
        var warnings = new List<string>();
        Rules.Create("services", """{"apiVersion":"v1","kind":"Service","metadata":{},"spec":""" + spec + "}", warnings);
        Assert.Equal(expected, warnings);
    }

    [Fact]
    public void Each_fault_of_a_changed_claim_is_told_twice()
    {
        const string Claim = """{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}""";
        const string Fault = "spec.accessModes: Required value: at least 1 access mode is required";
        Assert.Equal([Fault, Fault], Rules.Update("persistentvolumeclaims", Claim, Claim.Replace("[\"ReadWriteOnce\"]", "[]", StringComparison.Ordinal))[..2]);
    }

    [Theory]
    [InlineData("poddisruptionbudgets", "policy/v1", "PodDisruptionBudget", false)]
    [InlineData("leases", "coordination.k8s.io/v1", "Lease", false)]
    [InlineData("configmaps", "v1", "ConfigMap", true)]
    public void Finalizers_without_a_domain_are_faults_of_most_kinds(string resource, string version, string kind, bool isFault) => Assert.Equal(
        isFault ? ["metadata.finalizers[0]: Invalid value: \"x\": name is neither a standard finalizer name nor is it fully qualified"] : [],
        Rules.Create(resource, $$$"""{"apiVersion":"{{{version}}}","kind":"{{{kind}}}","metadata":{"finalizers":["x"]}}"""));
}
