namespace Orchestrator.Api.Tests;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("1.5", "1500m")]
    [InlineData("1.5Gi", "1536Mi")]
    [InlineData("0.5", "500m")]
    [InlineData("1024Mi", "1Gi")]
    [InlineData("1000m", "1")]
    [InlineData("1000k", "1M")]
    [InlineData("1500Mi", "1500Mi")]
    [InlineData("1e3", "1e3")]
    [InlineData("12e6", "12e6")]
    [InlineData("2048", "2048")]
    [InlineData("1.500", "1.500")]
    [InlineData("0", "0")]
    [InlineData("100m", "100m")]
    [InlineData("-1", "-1")]
    public void Text_is_canonical(string given, string written) => Assert.Equal(written, Quantity.Parse(given).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("1x")]
    [InlineData("Ki")]
    [InlineData("1.2.3")]
    [InlineData("1 Gi")]
    public void Others_are_refused(string given) => Assert.False(Quantity.TryParse(given, out _));
}
