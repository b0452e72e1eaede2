using Orchestrator.Api;
using Orchestrator.Api.AdmissionRegistration.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Admission;
using Orchestrator.ApiServer.Admission.Policies;
using Orchestrator.ApiServer.Apply;
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
        var merged = (Pod)ObjectMutation.Merge(Body, ApplyTypes.Of(Body.TypeSchema), value, out var fault);
        Assert.Equal("", fault);
        Assert.Equal(["c", "d"], merged.Spec.Containers.Select(c => c.Name));
        Assert.Equal("other", merged.Spec.Containers[0].Image);
        Assert.Equal("100m", merged.Spec.Containers[0].Resources.Limits["cpu"].ToString());
    }

    [Fact]
    public void A_literal_of_another_place_is_refused()
    {
        var expression = new PolicyCompiler(hasParams: false, mutates: true).Configuration("Object{spec: Object.metadata{name: 'x'}}");
        ObjectMutation.Merge(Body, ApplyTypes.Of(Body.TypeSchema), Evaluate(expression, null).Value, out var fault);
        Assert.Contains("unexpected type name \"Object.metadata\", expected \"Object.spec\"", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void An_atomic_list_is_not_changed_in_part()
    {
        var expression = new PolicyCompiler(hasParams: false, mutates: true)
            .Configuration("Object{spec: Object.spec{containers: [Object.spec.containers{name: 'c', args: ['x']}]}}");
        ObjectMutation.Merge(Body, ApplyTypes.Of(Body.TypeSchema), Evaluate(expression, null).Value, out var fault);
        Assert.Equal("error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.containers[0].args", fault);
    }

    [Fact]
    public void A_configuration_of_a_custom_object_must_fit_its_schema_and_does_not_change_its_kind()
    {
        var spec = new MapType(() => [new MapMember("replicas", ScalarType.Number, PathElement.Field("replicas"), null)], null, isAtomic: false);
        var type = ApplyTypes.OfCustom(() => [new MapMember("spec", spec, PathElement.Field("spec"), null)], null);
        var body = new CustomObject { ApiVersion = "e.io/v1", Kind = "Thing", Metadata = new ObjectMeta { Name = "a" } };

        ObjectMutation.Merge(body, type, Evaluate(Configuration("Object{spec: Object.spec{nope: 7}}"), null).Value, out var fault);
        Assert.Equal("error applying patch: failed to convert patch object to typed object: .spec.nope: field not declared in schema", fault);
        var merged = ObjectMutation.Merge(body, type, Evaluate(Configuration("Object{kind: 'Other', spec: Object.spec{replicas: 7}}"), null).Value, out fault);
        Assert.Equal(("", "Thing"), (fault, merged.Kind));

        static PolicyExpression Configuration(string text) => new PolicyCompiler(hasParams: false, mutates: true).Configuration(text);
    }

    [Theory]
    [InlineData("op: 'remove', path: '/metadata/zz'", "error in remove for path: '/metadata/zz': Unable to remove nonexistent key: zz: missing value")]
    [InlineData("op: 'add', path: '/a/b', value: 1", "add operation does not apply: doc is missing path: \"/a/b\": missing value")]
    [InlineData("op: 'add', path: '/spec/containers/5', value: 1", "error in add for path: '/spec/containers/5': Unable to access invalid index: 5: invalid index referenced")]
    [InlineData("op: 'add', path: '/spec/containers/x', value: 1", "error in add for path: '/spec/containers/x': value was not a proper array index: 'x': strconv.Atoi: parsing \"x\": invalid syntax")]
    [InlineData("op: 'replace', path: '/spec/containers/5', value: 1", "replace operation does not apply: doc is missing key: /spec/containers/5: missing value")]
    [InlineData("op: 'move', from: '/metadata/zz', path: '/metadata/yy'", "error in move for path: 'zz': Unable to remove nonexistent key: zz: missing value")]
    [InlineData("op: 'copy', from: '/zz/yy', path: '/metadata/yy'", "copy operation does not apply: doc is missing from path: \"/zz/yy\": missing value")]
    [InlineData("op: 'frob', path: '/metadata/yy'", "Unexpected kind: frob")]
    public void A_patch_that_does_not_fit_is_told_in_the_words_of_upstreams_library(string operation, string why)
    {
        var expression = new PolicyCompiler(hasParams: false, mutates: true).Operations($"[JSONPatch{{{operation}}}]");
        ObjectMutation.Patch(Body, Pod.Resource, Evaluate(expression, null).Value, out var fault);
        Assert.Equal("JSON Patch: " + why, fault);
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
