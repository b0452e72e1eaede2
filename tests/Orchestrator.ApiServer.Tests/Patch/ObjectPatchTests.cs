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
}
