using Orchestrator.Api.AdmissionRegistration.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Admission;
using Orchestrator.ApiServer.Admission.Policies;
using Orchestrator.ApiServer.Identity;

namespace Orchestrator.ApiServer.Tests.Admission.Policies;

public sealed class PolicyExpressionTests
{
    private static readonly Pod Body = new()
    {
        Metadata = new ObjectMeta { Name = "a", Namespace = "n", Labels = new Dictionary<string, string> { ["app"] = "x" } },
        Spec = new PodSpec { Containers = [new Container { Name = "c", Image = "i", Resources = new ResourceRequirements { Limits = new Dictionary<string, Api.Quantity> { ["cpu"] = Api.Quantity.Parse("100m") } } }] },
    };

    [Theory]
    [InlineData("object.metadata.labels['app'] == 'x' && object.spec.containers.all(c, c.image == 'i')")]
    [InlineData("quantity(object.spec.containers[0].resources.limits['cpu']).isLessThan(quantity('1'))")]
    [InlineData("object.kind == 'Pod' && object.apiVersion == 'v1' && has(object.status) && !has(object.spec.nodeName)")]
    [InlineData("request.operation == 'CREATE' && request.userInfo.username == 'jane' && 'devs' in request.userInfo.groups && !request.dryRun")]
    [InlineData("oldObject == null && namespaceObject == null && !has(request.subResource)")]
    public void Sees_the_request_as_upstream_does(string expression) => Assert.Equal("", Evaluate(expression).Error);

    [Fact]
    public void An_error_names_the_expression() =>
        Assert.Equal("expression 'object.spec.nope == 1' resulted in error: no such key: nope", Evaluate("object.spec.nope == 1").Error);

    [Fact]
    public void A_wrong_type_is_told() => Assert.Equal("must evaluate to bool but got int", new PolicyCompiler(hasParams: false).Condition("1 + 1").Fault);

    [Fact]
    public void A_variable_is_known_only_behind_its_declaration()
    {
        var compiler = new PolicyCompiler(hasParams: false);
        Assert.Contains("undeclared reference to 'variables'", compiler.Condition("variables.a == 1").Fault, StringComparison.Ordinal);
        Assert.Equal("", compiler.Variable(new Variable { Name = "a", Expression = "1" }).Fault);
        Assert.Equal("", compiler.Condition("variables.a == 1").Fault);
        Assert.Contains("undefined field 'b'", compiler.Condition("variables.b == 1").Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failing_variable_fails_what_uses_it()
    {
        var compiler = new PolicyCompiler(hasParams: false);
        var variables = new Dictionary<string, PolicyExpression> { ["a"] = compiler.Variable(new Variable { Name = "a", Expression = "object.spec.nope" }) };
        var result = Evaluate(compiler.Condition("variables.a == 1"), variables);
        Assert.Equal("expression 'variables.a == 1' resulted in error: composited variable \"a\" fails to evaluate: no such key: nope", result.Error);
    }

    [Fact]
    public void A_spent_budget_ends_the_evaluation()
    {
        var budget = 1L;
        var condition = new PolicyCompiler(hasParams: false).Condition("object.metadata.name == 'a'");
        Assert.True(Activation(null).Evaluate(condition, ref budget).OutOfBudget);
        Assert.True(budget < 0);
    }

    [Fact]
    public void A_configuration_is_merged_by_the_keys_of_lists()
    {
        var expression = new PolicyCompiler(hasParams: false, mutates: true)
            .Configuration("Object{spec: Object.spec{containers: [Object.spec.containers{name: 'c', image: 'other'}, Object.spec.containers{name: 'd'}]}}");
        var value = Evaluate(expression, null).Value;
        var merged = (Pod)ObjectMutation.Merge(Body, value, out var fault);
        Assert.Equal("", fault);
        Assert.Equal(["c", "d"], merged.Spec.Containers.Select(c => c.Name));
        Assert.Equal("other", merged.Spec.Containers[0].Image);
        Assert.Equal("100m", merged.Spec.Containers[0].Resources.Limits["cpu"].ToString());
    }

    [Fact]
    public void A_literal_of_another_place_is_refused()
    {
        var expression = new PolicyCompiler(hasParams: false, mutates: true).Configuration("Object{spec: Object.metadata{name: 'x'}}");
        ObjectMutation.Merge(Body, Evaluate(expression, null).Value, out var fault);
        Assert.Contains("unexpected type name \"Object.metadata\", expected \"Object.spec\"", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void An_atomic_list_is_not_changed_in_part()
    {
        var expression = new PolicyCompiler(hasParams: false, mutates: true)
            .Configuration("Object{spec: Object.spec{containers: [Object.spec.containers{name: 'c', args: ['x']}]}}");
        ObjectMutation.Merge(Body, Evaluate(expression, null).Value, out var fault);
        Assert.Equal("error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.containers[0].args", fault);
    }

    [Fact]
    public void A_patch_whose_test_fails_changes_nothing()
    {
        var expression = new PolicyCompiler(hasParams: false, mutates: true)
            .Operations("[JSONPatch{op: 'add', path: '/metadata/labels/b', value: 'y'}, JSONPatch{op: 'test', path: '/metadata/name', value: 'z'}]");
        Assert.Same(Body, ObjectMutation.Patch(Body, Pod.Resource, Evaluate(expression, null).Value, out var fault));
        Assert.Equal("", fault);
    }

    private static PolicyResult Evaluate(string expression)
    {
        var result = Evaluate(new PolicyCompiler(hasParams: false).Condition(expression), null);
        return result.Error.Length > 0 || result.Value.IsTrue ? result : result with { Error = $"{result.Value}" };
    }

    private static PolicyResult Evaluate(PolicyExpression expression, Dictionary<string, PolicyExpression>? variables)
    {
        var budget = 1_000_000L;
        return Activation(variables).Evaluate(expression, ref budget);
    }

    private static PolicyActivation Activation(Dictionary<string, PolicyExpression>? variables) => new(
        new AdmissionAttributes
        {
            Operation = AdmissionOperation.Create,
            Resource = Pod.Resource,
            Namespace = "n",
            Name = "a",
            Object = Body,
            User = new UserInfo { Name = "jane", Groups = ["devs"] },
        },
        Pod.Resource,
        Body,
        oldObject: null,
        ns: null,
        parameters: null,
        authorizer: null,
        variables);
}
