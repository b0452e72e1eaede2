using Orchestrator.ApiServer.Http;

namespace Orchestrator.ApiServer.Tests.Http;

public sealed class GoMediaTypeTests
{
    [Theory]
    [InlineData("application/json", "application/json")]
    [InlineData("Application/JSON; charset=utf-8", "application/json")]
    [InlineData("application/json;", "application/json")]
    [InlineData("application/json; a=\"x;\\\"y\" ;b=c", "application/json")]
    [InlineData("application/json;a=b;A=b", "application/json")]
    [InlineData("application/json;a=b;A=c", null)]
    [InlineData("application/json;;", null)]
    [InlineData("application/json;foo", null)]
    [InlineData("application/json;a=", null)]
    [InlineData("application/json;a=\"x", null)]
    [InlineData("application/json,application/yaml", null)]
    [InlineData("application/", null)]
    [InlineData("json", "json")]
    public void Header_that_breaks_the_rules_is_of_no_type(string header, string? expected) => Assert.Equal(expected, GoMediaType.Parse(header));
}
