using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.CustomResources;

namespace Orchestrator.ApiServer.Tests.CustomResources;

public sealed class StoredNumbersTests
{
    [Fact]
    public void Whole_numbers_are_what_they_are_when_they_are_read_again()
    {
        var content = (ApiMap<object?>)ApiJson.ReadValue("""{"a":5.0,"b":{"c":[1.5,2.0]},"d":1e300,"e":7}"""u8)!;
        var settled = StoredNumbers.Settle(content);
        Assert.Equal(ApiJson.ReadValue(ApiJson.WriteValueToArray(content)), settled);
        Assert.Equal(5L, settled["a"]);
        Assert.Same(settled, StoredNumbers.Settle(settled));
    }
}
