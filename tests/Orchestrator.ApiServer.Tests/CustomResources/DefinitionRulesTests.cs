using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.CustomResources.Definitions;
using Orchestrator.ApiServer.CustomResources.Rules;
using Orchestrator.ApiServer.CustomResources.Schemas;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Tests.CustomResources;

/// <summary>What upstream says of definitions, and in which order.</summary>
public sealed class DefinitionRulesTests
{
    private const string Spec = "spec.validation.openAPIV3Schema.properties[spec]";

    [Theory]
    [InlineData(
        """{"type":"object","uniqueItems":true,"properties":{"spec":{"type":"array","x-kubernetes-list-type":"set"}}}""",
        Spec + ".items: Required value: must be specified|spec.validation.openAPIV3Schema.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic")]
    [InlineData(
        """{"type":"object","properties":{"spec":{"type":"integer","default":"a","x-kubernetes-validations":[{"rule":"nope"}]}}}""",
        Spec + ".default: Invalid value: \"string\":  in body must be of type integer: \"string\"")]
    [InlineData(
        """{"type":"object","properties":{"spec":{"type":"object","allOf":[{"x-kubernetes-validations":[{"rule":"true"}]}]}}}""",
        Spec + ".allOf[0].x-kubernetes-validations: Forbidden: must be empty to be structural")]
    [InlineData(
        """{"type":"object","properties":{"spec":{"type":"null"}}}""",
        Spec + ".type: Unsupported value: \"null\": supported values: \"array\", \"boolean\", \"integer\", \"number\", \"object\", \"string\"|" + Spec + ".type: Forbidden: type cannot be set to null, use nullable as an alternative")]
    [InlineData(
        """{"type":"object","properties":{"spec":{"type":"object","x-kubernetes-validations":[{"rule":" ","message":" "},{"rule":"true","message":" ","fieldPath":".a["}]}}}""",
        Spec + ".x-kubernetes-validations[0].rule: Required value: rule is not specified|" + Spec + ".x-kubernetes-validations[1].message: Invalid value: \" \": must be non-empty if specified|"
        + Spec + ".x-kubernetes-validations[1].fieldPath: Invalid value: \".a[\": must be a valid path")]
    [InlineData(
        """{"type":"object","properties":{"spec":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["a"],"items":{"type":"object","nullable":true,"required":["a"],"properties":{"a":{"type":"array","items":{"type":"string"}}}}}}}""",
        Spec + ".items.properties[a].type: Invalid value: \"object\": must be a scalar type if parent array's x-kubernetes-list-type is map|" + Spec + ".items.nullable: Forbidden: cannot be nullable when x-kubernetes-list-type is map")]
    [InlineData("""{"type":"object","properties":{"spec":{"type":"string","$schema":"http://x"}}}""", "spec.validation.openAPIV3Schema: Invalid value: \"\": OpenAPIV3Schema 'schema' is not supported")]
    [InlineData(
        """{"type":"object","properties":{"spec":{"type":"object","x-kubernetes-embedded-resource":true,"x-kubernetes-preserve-unknown-fields":true,"default":{"kind":"A"}}}}""",
        Spec + ".default.apiVersion: Required value")]
    [InlineData(
        """{"type":"object","properties":{"spec":{"type":"object","x-kubernetes-embedded-resource":true,"properties":{"kind":{"type":"string","default":"a b"}}}}}""",
        Spec + ".properties[kind].default: Invalid value: \"a b\": must result in valid metadata: kind: Invalid value: \"a b\": may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')")]
    [InlineData("""{"type":"object","properties":{"spec":{"type":"object","additionalProperties":{"type":"integer","default":"a"}}}}""", "")]
    [InlineData("""{"type":"object","properties":{"spec":{"type":"array","items":7}}}""", Spec + ".items: Required value: must be specified")]
    [InlineData("""{"type":"object","properties":{"spec":{"type":"object","properties":{"a":{"type":"object"}},"x-kubernetes-validations":[{"rule":"self == oldSelf"}]}}}""", "")]
    public void Schemas_are_judged_in_upstreams_order(string schema, string faults) => Assert.Equal(faults.Split('|', StringSplitOptions.RemoveEmptyEntries), Faults(Definition(Version("v1", schema))));

    [Fact]
    public void Formats_that_no_value_is_checked_for_are_told()
    {
        var definition = Definition(Version("v1", """{"type":"object","properties":{"a":{"type":"string","format":"int32"},"b":{"type":"integer","format":"int32"},"c":{"type":"object","not":{"format":"foo"}}}}"""));
        Assert.Equal(["int32", "foo"], DefinitionValidator.UnknownFormats(definition.Spec));
    }

    [Fact]
    public void Faults_of_one_version_stand_together_before_those_of_the_whole()
    {
        var faults = Faults(Definition(
            Version("V1", """{"type":"object","nullable":true}""", ""","deprecationWarning":"x" """),
            Version("v1", """{"type":"object"}""", ""","storage":true,"additionalPrinterColumns":[{"name":"","type":"string","jsonPath":".a"}]""")));
        Assert.Equal(
            [
                "spec.versions[0].name", "spec.versions[0].deprecationWarning", "spec.versions[0].schema.openAPIV3Schema.nullable",
                "spec.versions[1].additionalPrinterColumns[0].name", "spec.version",
            ],
            faults.Select(static f => f[..f.IndexOf(':', StringComparison.Ordinal)]));
    }

    [Theory]
    [InlineData(".a", "a", null)]
    [InlineData(".m['x.y']", "m[x.y]", null)]
    [InlineData("['a']", "a", null)]
    [InlineData(".l[0]", null, "expected single quoted string but got 0")]
    [InlineData(".m['x'", null, "unexpected end of JSON path")]
    [InlineData(".m['\\q']", null, "invalid string literal: invalid escape char \\q")]
    [InlineData(".a.b", null, "does not refer to a valid field")]
    [InlineData("a", null, "expected [ or . but got: a")]
    [InlineData(".", null, "unexpected end of JSON path")]
    public void Paths_are_read_as_upstream_reads_them(string path, string? found, string? fault)
    {
        var schema = Read("""{"type":"object","properties":{"a":{"type":"string"},"l":{"type":"array","items":{"type":"string"}},"m":{"type":"object","additionalProperties":{"type":"string"}}}}""");
        var (_, at, _, why) = SchemaPath.Find(schema, path, allowKeys: true);
        Assert.Equal((found, fault), (at?.ToString(), why));
    }

    [Fact]
    public void A_list_that_did_not_change_keeps_items_that_break_its_rules()
    {
        const string Schema = """{"type":"object","properties":{"l":{"type":"array","items":{"type":"integer","x-kubernetes-validations":[{"rule":"self > 1"}]}},"o":{"type":"string"}}}""";
        var rules = RuleSet.Compile(SchemaNode.From(Read(Schema)), isObject: false)!;
        Assert.Equal("|l[0]: Invalid value: 1: failed rule: self > 1", Run("""{"l":[1],"o":"a"}""", """{"l":[1],"o":"b"}"""));
        Assert.Equal("l[0]: Invalid value: 1: failed rule: self > 1|", Run("""{"l":[1],"o":"a"}""", """{"l":[1,2],"o":"a"}"""));

        string Run(string before, string after)
        {
            var (errors, warnings) = (new FieldErrorList(), new List<string>());
            rules.Validate(Tree(after), new OldValue(Tree(before)), null, errors, warnings);
            return string.Join(';', errors) + "|" + string.Join(';', warnings);
        }
    }

    [Fact]
    public void Alternatives_know_nothing_of_the_value_before()
    {
        var schema = SchemaNode.From(Read("""{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"}},"allOf":[{"properties":{"a":{"minimum":5}}}]}"""));
        var errors = new FieldErrorList();
        SchemaValidator.Validate(schema, Tree("""{"a":1,"b":2}"""), new OldValue(Tree("""{"a":1,"b":1}""")), null, errors);
        Assert.Equal(
            ["a: Invalid value: 1: a in body should be greater than or equal to 5", "<nil>: Invalid value: \"\": \"\" must validate all the schemas (allOf). None validated"],
            errors.Select(static e => e.ToString()));
    }

    private static string[] Faults(CustomResourceDefinition definition)
    {
        var errors = new FieldErrorList();
        new DefinitionValidator(new RuleValidator()).Validate(definition, null, errors);
        return [.. errors.Select(static e => e.ToString())];
    }

    private static CustomResourceDefinition Definition(params string[] versions) => ApiJson.Read<CustomResourceDefinition>(Encoding.UTF8.GetBytes(
        $$$$"""
        {"spec":{"group":"a.b","scope":"Cluster","names":{"plural":"cs","singular":"c","kind":"C","listKind":"CList"},"versions":[{{{{string.Join(',', versions)}}}}]},
        "status":{"storedVersions":["v1"]}}
        """));

    private static string Version(string name, string schema, string rest = ",\"storage\":true") =>
        $$$$"""{"name":"{{{{name}}}}","served":true,"schema":{"openAPIV3Schema":{{{{schema}}}}}{{{{rest}}}}}""";

    private static JSONSchemaProps Read(string json) => ApiJson.Read<JSONSchemaProps>(Encoding.UTF8.GetBytes(json));

    private static object? Tree(string json) => ApiJson.ReadValue(Encoding.UTF8.GetBytes(json));
}
