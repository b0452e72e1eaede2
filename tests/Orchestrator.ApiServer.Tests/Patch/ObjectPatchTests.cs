using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Json;
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

    [Theory]
    [InlineData("""{"spec":{"ports":[{"port":1},{"port":2,"$patch":"delete"}],"externalTrafficPolicy":{"$patch":"delete"}}}""", """{"ports":[{"port":1,"targetPort":0}]}""")]
    [InlineData("""{"spec":{"selector":{"a":"1","b":null},"sessionAffinityConfig":{"$patch":"merge"}}}""", """{"selector":{"a":"1"},"externalTrafficPolicy":"Local"}""")]
    [InlineData("""{"spec":{"$deleteFromPrimitiveList/externalTrafficPolicy":"Cluster"}}""", """{"externalTrafficPolicy":"Cluster"}""")]
    [InlineData("""{"spec":{"healthCheckNodePort":4294967297,"externalTrafficPolicy":null}}""", """{"healthCheckNodePort":1}""")]
    public void Strategic_merge_into_nothing_leaves_nulls_and_directives_out(string patch, string spec)
    {
        var current = new Service { ApiVersion = "v1", Kind = "Service", Metadata = new() { Name = "a" }, Spec = new() { ExternalTrafficPolicy = "Local" } };
        var merged = (Service)new ObjectPatch("Ignore", []).ApplyStrategicMergePatch(current, Encoding.UTF8.GetBytes(patch));
        Assert.Equal(spec, Encoding.UTF8.GetString(ApiJson.WriteToArray(merged.Spec)));
    }

    [Fact]
    public void Deletion_from_a_list_of_values_asks_for_no_strategy()
    {
        var current = new Namespace { ApiVersion = "v1", Kind = "Namespace", Metadata = new() { Name = "a" }, Spec = new() { Finalizers = ["x", "y"] } };
        var merged = (Namespace)new ObjectPatch("Ignore", []).ApplyStrategicMergePatch(current, """{"spec":{"$deleteFromPrimitiveList/finalizers":["x"]}}"""u8.ToArray());
        Assert.Equal(["y"], merged.Spec.Finalizers);
    }

    [Theory]
    [InlineData("""{"metadata":{"labels":{"a":"1"},"$setElementOrder/name":[]}}""", 500, "expected a []interface {}, but received a string")]
    [InlineData("""{"metadata":{"$setElementOrder/finalizers":null}}""", 500, "expected a []interface {}, but received a %!s(<nil>)")]
    [InlineData("""{"metadata":{"finalizers":[["b"]]}}""", 500, "list element types are not identical: [[a] [[b]]]")]
    [InlineData("""{"spec":{"ports":[{"nodePort":1}]}}""", 500, "map: map[nodePort:1] does not contain declared merge key: port")]
    [InlineData("""{"spec":{"ports":[],"$setElementOrder/ports":[1]}}""", 500, "value for key 0 is not a map")]
    [InlineData("""{"metadata":{"labels":{"$setElementOrder/b":[]}}}""", 500, "merging an object in json but data type is not struct, instead is: map")]
    public void Strategic_merges_that_cannot_be_are_refused_in_upstreams_words(string patch, int code, string message)
    {
        var current = new Service
        {
            ApiVersion = "v1", Kind = "Service", Metadata = new() { Name = "a", Finalizers = ["a"], Labels = ApiMap<string>.Empty.With("a", "1") }, Spec = new() { Ports = [new ServicePort { Port = 1 }] },
        };
        var refused = Assert.Throws<ApiException>(() => new ObjectPatch("Ignore", []).ApplyStrategicMergePatch(current, Encoding.UTF8.GetBytes(patch)));
        Assert.Equal((code, message), (refused.Status.Code, refused.Status.Message));
    }

    [Fact]
    public void Misfits_and_unknown_fields_come_in_the_order_of_types_and_of_texts()
    {
        var current = new Pod { ApiVersion = "v1", Kind = "Pod", Metadata = new() { Name = "a" } };
        var warnings = new List<string>();
        new ObjectPatch("Warn", warnings).ApplyStrategicMergePatch(current, """{"zz":1,"spec":{"b":1,"a":1}}"""u8.ToArray());
        Assert.Equal(["unknown field \"spec.a\"", "unknown field \"spec.b\"", "unknown field \"zz\""], warnings);

        var refused = Assert.Throws<ApiException>(() => new ObjectPatch("Warn", []).ApplyStrategicMergePatch(current, """{"spec":{"activeDeadlineSeconds":[],"volumes":1}}"""u8.ToArray()));
        Assert.EndsWith("cannot restore slice from int64", refused.Status.Message, StringComparison.Ordinal);
    }
}
