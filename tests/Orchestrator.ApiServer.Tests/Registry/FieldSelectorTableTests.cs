using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Tests.Registry;

public sealed class FieldSelectorTableTests
{
    [Fact]
    public void Custom_fields_are_what_they_say_whatever_built_in_kinds_call_so()
    {
        var custom = (CustomObject)ApiJson.Read(CustomObject.ApiType, """{"metadata":{"name":"a"},"spec":{"host":"h1"},"status":{"successful":3},"source":"s"}"""u8);
        var table = new FieldSelectorTable(Pod.Resource with { Group = "example.com" }, ["spec.host", "status.successful", "source"]);
        Assert.Equal(["h1", "3", "s"], ((string[])["spec.host", "status.successful", "source"]).Select(f => table.Value(custom, f)));
        Assert.Equal("n1", new FieldSelectorTable(Pod.Resource).Value(new Pod { Spec = new PodSpec { NodeName = "n1" } }, "spec.host"));
    }

    [Fact]
    public void A_character_that_should_be_escaped_is_told_by_its_number()
    {
        var refused = Assert.Throws<ApiException>(() => FieldSelector.Parse("metadata.name=a=b", new FieldSelectorTable(Pod.Resource)));
        Assert.Equal("invalid field selector: unescaped character in value: 61", refused.Status.Message);
    }
}
