using System.Text;
using System.Text.Json;
using Orchestrator.ApiServer.Access;
using Orchestrator.ApiServer.Audit;
using Orchestrator.ApiServer.Encryption;
using Orchestrator.ApiServer.Identity.Authentication;

namespace Orchestrator.ApiServer.Tests.Configuration;

/// <summary>Configuration files with faults, and what upstream's 1.36 says of them.</summary>
public sealed class WrongConfigurationTests
{
    private static readonly IReadOnlyList<Case> All = JsonSerializer.Deserialize<Case[]>(
        typeof(WrongConfigurationTests).Assembly.GetManifestResourceStream("wrong-configurations.json")!, JsonSerializerOptions.Web)!;

    public static TheoryData<string, string> Cases => new(All.Select(static c => (c.Kind, c.Name)));

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_wrong_file_is_refused_in_upstreams_words(string kind, string name)
    {
        var wrong = All.Single(c => c.Kind == kind && c.Name == name);
        var text = Encoding.UTF8.GetBytes(wrong.Text);
        Assert.Equal(wrong.Message, Assert.Throws<FormatException>(() => Read(kind, text)).Message);
    }

    [Fact]
    public void Who_may_come_without_credentials_cannot_change_while_the_server_runs()
    {
        const string Head = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n";
        var first = Encoding.UTF8.GetBytes(Head + "anonymous: {enabled: true}\n");
        Assert.Empty(AuthenticationConfigReader.ParseAgain(Encoding.UTF8.GetBytes(Head + "jwt: []\nanonymous: {enabled: true}\n"), first).Issuers);
        Assert.Equal(
            "anonymous: Forbidden: changed from initial configuration file",
            Assert.Throws<FormatException>(() => AuthenticationConfigReader.ParseAgain(Encoding.UTF8.GetBytes(Head), first)).Message);
    }

    [Fact]
    public void The_servers_own_authorizers_stay_while_it_runs()
    {
        var text = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\nauthorizers: [{type: RBAC, name: rbac}]\n"u8.ToArray();
        Assert.Equal(["RBAC"], AuthorizationConfigReader.ParseAgain(text, ["RBAC", "Webhook"]).Modes);
        Assert.Equal("missing required types: [Node]", Assert.Throws<FormatException>(() => AuthorizationConfigReader.ParseAgain(text, ["Node", "RBAC"])).Message);
    }

    private static object Read(string kind, byte[] text) => kind switch
    {
        "authn" => AuthenticationConfigReader.Parse(text),
        "authz" => AuthorizationConfigReader.Parse(text),
        "enc" => EncryptionConfigReader.Parse(text, "FILE", TimeProvider.System),
        _ => AuditPolicy.Parse(text),
    };

    private sealed record Case(string Kind, [property: System.Text.Json.Serialization.JsonPropertyName("case")] string Name, string Text, string Message);
}
