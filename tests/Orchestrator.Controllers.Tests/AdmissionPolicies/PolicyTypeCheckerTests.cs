using Orchestrator.Api.AdmissionRegistration.V1;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.Api.Json;
using Orchestrator.Controllers.AdmissionPolicies;

namespace Orchestrator.Controllers.Tests.AdmissionPolicies;

public sealed class PolicyTypeCheckerTests
{
    [Fact]
    public void A_field_that_the_kind_lacks_is_told() => Assert.Equal(
        [("spec.validations[0].expression", "apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field 'replicas'\n | object.replicas > 1\n | ......^\n")],
        Check("object.replicas > 1").Select(w => (w.FieldRef, w.Warning)));

    [Theory]
    [InlineData("object.spec.replicas > 1 && object.spec.template.spec.containers.all(c, c.image != '')")]
    [InlineData("object.metadata.labels['a'] == 'b' && object.metadata.creationTimestamp < timestamp('2031-01-01T00:00:00Z')")]
    [InlineData("object.spec.template.spec.containers[0].resources.limits['cpu'] == '1'")]
    [InlineData("variables.n > 1 && request.name == 'x'")]
    public void What_fits_is_not_told(string expression) => Assert.Empty(Check(expression));

    [Fact]
    public void A_wildcard_matches_no_kind_that_could_be_checked() => Assert.Empty(PolicyTypeChecker.Check(Policy("object.replicas > 1", "*"), []));

    [Theory]
    [InlineData("object.spec.replicas > '1'", "found no matching overload for '_>_' applied to '(int, string)'")]
    [InlineData("object.spec.retries < 10", "undefined field 'retries'")]
    [InlineData("object.spec.rows[0].cells['a'] == 1", "found no matching overload for '_==_' applied to '(string, int)'")]
    [InlineData("object.spec.replicas > 1 && object.metadata.name != '' && object.kind == 'Table' && object.spec.free.any > 1", "")]
    public void Custom_resources_are_known_by_their_schema(string expression, string fault)
    {
        var definition = (CustomResourceDefinition)ApiJson.Read(CustomResourceDefinition.ApiType, """
            {"spec":{"group":"apps","names":{"plural":"tables","kind":"Table"},"versions":[{"name":"v1","served":true,"schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{
              "type":"object","properties":{"replicas":{"type":"integer"},"free":{"type":"object","x-kubernetes-preserve-unknown-fields":true},"rows":{"type":"array","items":{
              "type":"object","properties":{"cells":{"type":"object","additionalProperties":{"type":"string"}}}}}}}}}}}]}}
            """u8);
        var warnings = PolicyTypeChecker.Check(Policy(expression, "tables"), [definition]);
        if (fault.Length == 0)
        {
            Assert.Empty(warnings);
            return;
        }

        Assert.Contains("apps/v1, Kind=Table: ERROR", Assert.Single(warnings).Warning, StringComparison.Ordinal);
        Assert.Contains(fault, warnings[0].Warning, StringComparison.Ordinal);
    }

    private static Api.ApiList<ExpressionWarning> Check(string expression) => PolicyTypeChecker.Check(Policy(expression, "deployments"), []);

    private static ValidatingAdmissionPolicy Policy(string expression, string resource) => new()
    {
        Spec = new ValidatingAdmissionPolicySpec
        {
            MatchConstraints = new MatchResources
            {
                ResourceRules = [new NamedRuleWithOperations { ApiGroups = ["apps"], ApiVersions = ["v1"], Resources = [resource], Operations = ["CREATE"] }],
            },
            Variables = [new Variable { Name = "n", Expression = "object.spec.replicas" }],
            Validations = [new Validation { Expression = expression }],
        },
    };
}
