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
    [InlineData("{group: '*', resources: [pods]}", "", "pods", "", true)]
    [InlineData("{group: '', resources: [pods/*]}", "", "pods", "", true)]
    [InlineData("{group: '', resources: [pods/*]}", "", "pods", "log", true)]
    [InlineData("{group: '', resources: ['*/log']}", "", "pods", "log", true)]
    [InlineData("{group: '', resources: [pods]}", "", "pods", "log", false)]
    [InlineData("{group: apps}", "", "pods", "", false)]
    public void Resources_are_named_with_wildcards(string resources, string group, string resource, string subresource, bool matches)
    {
        var policy = Parse($"apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{{level: Metadata, resources: [{resources}]}}]");
        var path = (group.Length == 0 ? "/api/v1" : $"/apis/{group}/v1") + "/namespaces/default/" + resource + "/x" + (subresource.Length > 0 ? "/" + subresource : "");
        var context = new Microsoft.AspNetCore.Http.DefaultHttpContext();
        context.Request.Method = "GET";
        context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget = path;
        Assert.Equal(matches, policy.Judge(RequestInfo.Parse(context.Request), Somebody).Level == AuditLevel.Metadata);
    }

    private static AuditPolicy Parse(string text) => AuditPolicy.Parse(System.Text.Encoding.UTF8.GetBytes(text));
}
