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
    [InlineData("+3.5G", "3500M")]
    [InlineData("+3G", "+3G")]
    [InlineData("007", "007")]
    [InlineData(".250", "250m")]
    [InlineData("3.Pi", "3Pi")]
    [InlineData("Ki", "0")]
    [InlineData("-", "0")]
    public void Text_is_canonical(string given, string written) => Assert.Equal(written, Quantity.Parse(given).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("1x")]
    [InlineData("1.2.3")]
    [InlineData("1 Gi")]
    public void Others_are_refused(string given) => Assert.False(Quantity.TryParse(given, out _));

    [Theory]
    [InlineData("5K", "unable to parse quantity's suffix")]
    [InlineData("7ki", "unable to parse quantity's suffix")]
    [InlineData("--7", "unable to parse quantity's suffix")]
    [InlineData("5KB", "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
    [InlineData("", "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
    public void Tells_an_unknown_suffix_from_a_wrong_form(string given, string fault) =>
        Assert.Equal(fault, Assert.Throws<FormatException>(() => Quantity.Parse(given)).Message);
}
