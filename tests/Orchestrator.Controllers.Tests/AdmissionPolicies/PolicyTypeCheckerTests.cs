using Orchestrator.Api.AdmissionRegistration.V1;
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
    public void A_wildcard_matches_no_kind_that_could_be_checked() => Assert.Empty(PolicyTypeChecker.Check(Policy("object.replicas > 1", "*")));

    private static Api.ApiList<ExpressionWarning> Check(string expression) => PolicyTypeChecker.Check(Policy(expression, "deployments"));

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
