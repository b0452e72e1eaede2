using System.Text;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Patch;

namespace Orchestrator.ApiServer.Tests.Patch;

public sealed class ObjectPatchTests
{
    [Theory]
    [InlineData("""{"data":{"a":1e999}}""")]
    [InlineData("""[{"op":"add","path":"/data","value":1e999}]""")]
    public void Number_that_no_float_holds_is_refused(string text)
    {
        var patch = new ObjectPatch("Ignore", []);
        var current = new ConfigMap { Metadata = new() { Name = "a" } };
        var bytes = Encoding.UTF8.GetBytes(text);

        var refused = Assert.Throws<ApiException>(() => text[0] == '[' ? patch.ApplyJsonPatch(current, bytes) : patch.ApplyMergePatch(current, bytes));

        Assert.Equal(400, refused.Status.Code);
        Assert.Equal("error decoding patch: json: cannot unmarshal number 1e999 into Go value of type float64", refused.Status.Message);
    }

    [Fact]
    public void Unknown_members_of_an_operation_are_told_with_their_place()
    {
        var warnings = new List<string>();
        new ObjectPatch("Warn", warnings).ApplyJsonPatch(
            new ConfigMap { Metadata = new() { Name = "a" } }, """[{"op":"add","path":"/data","value":{}},{"op":"add","path":"/data","value":{},"x":1}]"""u8.ToArray());
        Assert.Equal(["json patch unknown field \"[1].x\""], warnings);
    }

    [Theory]
    [InlineData("1", "%!s(int64=1)", "1")]
    [InlineData("null", "%!s(<nil>)", "<nil>")]
    [InlineData("true", "%!s(bool=true)", "true")]
    [InlineData("\"x\"", "x", "x")]
    public void Directive_that_is_no_text_is_told_as_Go_prints_it(string directive, string told, string value)
    {
        var refused = Assert.Throws<ApiException>(() =>
            new ObjectPatch("Ignore", []).ApplyStrategicMergePatch(new ConfigMap { Metadata = new() { Name = "a" } }, Encoding.UTF8.GetBytes($$"""{"$patch":{{directive}}}""")));
        Assert.Equal((500, $"unknown patch type: {told} in map: map[$patch:{value}]"), (refused.Status.Code, refused.Status.Message));
    }

    [Fact]
    public void Fraction_of_nothing_is_no_integer_in_a_merge_patch()
    {
        var current = new Pod { ApiVersion = "v1", Kind = "Pod", Metadata = new() { Name = "a" } };
        var refused = Assert.Throws<ApiException>(() => new ObjectPatch("Ignore", []).ApplyMergePatch(current, """{"spec":{"priority":2.0}}"""u8.ToArray()));
        Assert.Equal(422, refused.Status.Code);
        Assert.EndsWith("json: cannot unmarshal number 2.0 into Go struct field PodSpec.spec.priority of type int32", refused.Status.Message, StringComparison.Ordinal);
    }
}
