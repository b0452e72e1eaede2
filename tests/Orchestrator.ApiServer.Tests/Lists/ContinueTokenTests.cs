using Orchestrator.ApiServer.Lists;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Tests.Lists;

public sealed class ContinueTokenTests
{
    [Theory]
    [InlineData("bogus", 4)]
    [InlineData("abc$", 3)]
    public void What_is_no_base64_is_told_where_as_Go_tells_it(string text, int offset)
    {
        var error = Assert.Throws<ApiException>(() => ContinueToken.Parse(text));
        Assert.Equal($"invalid continue token: continue key is not valid: illegal base64 data at input byte {offset}", error.Status.Message);
    }
}
