using System.Text;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Tests.Registry;

public sealed class SharedPartsTests
{
    [Fact]
    public void Equal_parts_are_one_and_different_ones_are_not()
    {
        var (a, b, other) = (Make("a", "image-of-this-test"), Make("b", "image-of-this-test"), Make("c", "another-image"));
        Assert.Same(a.Spec, b.Spec);
        Assert.Same(a.Metadata.Labels, b.Metadata.Labels);
        Assert.NotSame(a.Spec, other.Spec);
        Assert.Equal("another-image", other.Spec.Containers[0].Image);
        Assert.Same(a.Spec.Containers[0].Resources, other.Spec.Containers[0].Resources);
        Assert.Equal("a", a.Metadata.Name);
        Assert.Equal("b", b.Metadata.Name);
    }

    [Fact]
    public void A_changed_copy_leaves_the_others_alone()
    {
        var (a, b) = (Make("a", "shared-image"), Make("b", "shared-image"));
        var copy = a.DeepCopy();
        copy.Spec.Containers[0].Slots[Container.Fields.Image] = "changed";
        ObjectCodec.Encode(copy);
        Assert.Equal("shared-image", a.Spec.Containers[0].Image);
        Assert.Equal("shared-image", b.Spec.Containers[0].Image);
        Assert.Equal("changed", copy.Spec.Containers[0].Image);
    }

    private static Pod Make(string name, string image)
    {
        var pod = ApiJson.Read<Pod>(Encoding.UTF8.GetBytes($$$$"""
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{{{name}}}}","labels":{"app":"shared-parts"}},"spec":{"containers":[{"name":"c","image":"{{{{image}}}}",
            "resources":{"requests":{"cpu":"123m"}}}]}}
            """));
        ObjectCodec.Encode(pod);
        return pod;
    }
}
