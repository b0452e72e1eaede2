using Orchestrator.ApiServer.Http;

namespace Orchestrator.ApiServer.Tests.Http;

public sealed class GoQueryTests
{
    [Theory]
    [InlineData("?dryRun=All", "All")]
    [InlineData("?DryRun=All", null)]
    [InlineData("?dryrun=All&dryRun=a&dryRun=b", "a,b")]
    [InlineData("?%64ryRun=%41ll%20+x", "All  x")]
    [InlineData("?dryRun", "")]
    [InlineData("?dryRun=", "")]
    [InlineData("?dryRun=All;x=1&dryRun=%zz&%4=1", null)]
    [InlineData("?&&=x&a=b=c&dryRun=d=e", "d=e")]
    [InlineData("?dryRun=%C3%A9é", "éé")]
    public void Parameters_are_what_Go_makes_of_them(string query, string? expected)
    {
        var read = new GoQuery(query);
        Assert.Equal(expected is not null, read.TryGetValue("dryRun", out var values));
        Assert.Equal(expected ?? "", values.ToString());
    }
}
