using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.CustomResources.Rules;
using Orchestrator.ApiServer.CustomResources.Schemas;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Tests.CustomResources;

public sealed class SchemaTests
{
    [Theory]
    [InlineData("""{"type":"integer","minimum":1}""", "0", "Invalid value: 0:  in body should be greater than or equal to 1")]
    [InlineData("""{"type":"string","pattern":"^a+$"}""", "\"b\"", "Invalid value: \"b\":  in body should match '^a+$'")]
    [InlineData("""{"type":"string","enum":["a","b"]}""", "\"c\"", "Unsupported value: \"c\": supported values: \"a\", \"b\"")]
    [InlineData("""{"type":"array","items":{"type":"string"},"maxItems":1}""", "[\"a\",\"b\"]", "Too many: 2: must have at most 1 item")]
    [InlineData("""{"x-kubernetes-int-or-string":true}""", "1.5", "Invalid value: \"number\":  in body must be of type integer,string: \"number\"")]
    [InlineData("""{"type":"string","nullable":true}""", "null", "")]
    [InlineData("""{"type":"integer"}""", "3.0", "")]
    [InlineData("""{"type":"integer","enum":[1]}""", "1.5", "Invalid value: \"number\":  in body must be of type integer: \"number\"; Invalid value: \"\": Checked value must be of type integer (default format) in ")]
    [InlineData("""{"type":"number","maximum":-1e8}""", "12345678.5", "Invalid value: 1.23456785e+07:  in body should be less than or equal to -1e+08")]
    [InlineData("""{"type":"number","multipleOf":0.5}""", "1", "Invalid value: 0: factor MultipleOf declared for  must be positive: 0")]
    [InlineData("""{"type":"string","maxLength":1}""", "\"ab\"", "Too long: may not be more than 1 byte")]
    [InlineData("""{"type":"string","format":"email"}""", "\"a b@c.d\"", "Invalid value: \"a b@c.d\":  in body must be of type email: \"a b@c.d\"")]
    [InlineData("""{"type":"string","format":"hostname"}""", "\"a.b-c\"", "Invalid value: \"a.b-c\":  in body must be of type hostname: \"a.b-c\"")]
    [InlineData("""{"type":"string","format":"ipv4"}""", "\"01.2.3.4\"", "")]
    [InlineData("""{"type":"string","format":"mac"}""", "\"00005e005301\"", "")]
    public void Values_are_judged_in_upstreams_words(string schema, string value, string fault)
    {
        var errors = new FieldErrorList();
        SchemaValidator.Validate(Schema(schema), Tree(value), null, null, errors);
        Assert.Equal(fault, string.Join("; ", errors.Select(static e => e.Body)));
    }

    [Fact]
    public void What_did_not_change_is_not_held_against_the_writer()
    {
        var schema = Schema("""{"type":"object","properties":{"a":{"type":"string","maxLength":1},"b":{"type":"string","maxLength":1}}}""");
        var errors = new FieldErrorList();
        SchemaValidator.Validate(schema, Tree("""{"a":"long","b":"long"}"""), new OldValue(Tree("""{"a":"long","b":"x"}""")), null, errors);
        Assert.Equal("b", Assert.Single(errors).Field);
    }

    [Fact]
    public void Unknown_fields_are_pruned_but_where_the_schema_keeps_them()
    {
        var schema = Schema("""{"type":"object","properties":{"kept":{"type":"object","x-kubernetes-preserve-unknown-fields":true},"m":{"type":"object","additionalProperties":{"type":"object","properties":{"a":{"type":"string"}}}}}}""");
        var unknown = new List<string>();
        var pruned = SchemaPruner.PruneContent((ApiMap<object?>)Tree("""{"kept":{"x":{"y":1}},"m":{"k":{"a":"1","b":"2"}},"z":1}""")!, schema, unknown);
        Assert.Equal("""{"kept":{"x":{"y":1}},"m":{"k":{"a":"1"}}}""", Encoding.UTF8.GetString(ApiJson.WriteValueToArray(pruned)));
        Assert.Equal(["m.k.b", "z"], unknown.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("a-b", "a__dash__b")]
    [InlineData("a.b/c", "a__dot__b__slash__c")]
    [InlineData("x__y", "x__underscores__y")]
    [InlineData("namespace", "__namespace__")]
    [InlineData("1st", null)]
    [InlineData("a b", null)]
    public void Field_names_are_escaped_in_rules(string name, string? escaped)
    {
        RuleNames.TryEscape(name, out var found);
        Assert.Equal(escaped, found);
    }

    [Fact]
    public void Rules_run_down_the_tree_and_stop_at_their_budget()
    {
        var schema = Schema("""{"type":"object","properties":{"l":{"type":"array","items":{"type":"integer","x-kubernetes-validations":[{"rule":"self % 2 == 0"}]}}}}""");
        var errors = new FieldErrorList();
        RuleSet.Compile(schema, isObject: false)!.Validate(Tree("""{"l":[2,3,4,5]}"""), null, null, errors, null);
        Assert.Equal(["l[1]: Invalid value: 3: failed rule: self % 2 == 0", "l[3]: Invalid value: 5: failed rule: self % 2 == 0"], errors.Select(static e => e.ToString()));

        var costly = Schema("""{"type":"array","items":{"type":"integer"},"x-kubernetes-validations":[{"rule":"self.all(a, self.all(b, self.all(c, a + b + c > 0)))"}]}""");
        var over = new FieldErrorList();
        RuleSet.Compile(costly, isObject: false)!.Validate(Tree("[" + string.Join(',', Enumerable.Repeat("1", 300)) + "]"), null, FieldPath.Spec, over, null);
        Assert.Contains("no further validation rules will be run", Assert.Single(over).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Words_of_the_language_may_name_fields_unescaped()
    {
        var schema = Schema("""{"type":"object","properties":{"if":{"type":"string"}},"x-kubernetes-validations":[{"rule":"self.if == 'a' && self.__if__ == 'a'"}]}""");
        var errors = new FieldErrorList();
        RuleSet.Compile(schema, isObject: false)!.Validate(Tree("""{"if":"a"}"""), null, FieldPath.Spec, errors, null);
        Assert.Empty(errors);
    }

    private static SchemaNode Schema(string json) => SchemaNode.From(ApiJson.Read<JSONSchemaProps>(Encoding.UTF8.GetBytes(json)));

    private static object? Tree(string json) => ApiJson.ReadValue(Encoding.UTF8.GetBytes(json));
}
