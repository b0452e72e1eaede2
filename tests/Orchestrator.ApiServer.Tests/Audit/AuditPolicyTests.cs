using Orchestrator.ApiServer.Audit;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Identity;

namespace Orchestrator.ApiServer.Tests.Audit;

public sealed class AuditPolicyTests
{
    private static readonly UserInfo Somebody = new() { Name = "somebody", Groups = [Groups.Authenticated] };

    [Fact]
    public void The_first_rule_that_matches_decides()
    {
        var policy = Parse(
            """
            apiVersion: audit.k8s.io/v1
            kind: Policy
            omitStages: [RequestReceived]
            rules:
            - level: None
              nonResourceURLs: ["/healthz*", "/version"]
            - level: RequestResponse
              omitManagedFields: true
              verbs: [create]
              omitStages: [ResponseStarted]
            - level: Metadata
              users: [somebody]
            """);
        Assert.Equal(AuditLevel.None, policy.Judge(new RequestInfo { Path = "/healthz/etcd", Verb = "get" }, Somebody).Level);
        Assert.Equal(
            new AuditVerdict(AuditLevel.RequestResponse, AuditStages.RequestReceived | AuditStages.ResponseStarted, true),
            policy.Judge(new RequestInfo { Path = "/x", Verb = "create" }, Somebody));
        Assert.Equal(AuditLevel.Metadata, policy.Judge(new RequestInfo { Path = "/x", Verb = "get" }, Somebody).Level);
        Assert.Equal(AuditLevel.None, policy.Judge(new RequestInfo { Path = "/x", Verb = "get" }, null).Level);
    }

    [Theory]
    [InlineData("apiVersion: v1\nkind: Policy\nrules: [{level: None}]", "expected apiVersion audit.k8s.io/v1")]
    [InlineData("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: []", "no rules")]
    [InlineData("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Loud}]", "rules[0].level")]
    [InlineData("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: None, nonResourceURLs: [\"/a*b\"]}]", "nonResourceURLs")]
    public void A_wrong_policy_is_refused_with_the_place(string text, string fault) =>
        Assert.Contains(fault, Assert.Throws<FormatException>(() => Parse(text)).Message, StringComparison.Ordinal);

    private static AuditPolicy Parse(string text) => AuditPolicy.Parse(System.Text.Encoding.UTF8.GetBytes(text));
}
