using Orchestrator.Grpc.Wire;

namespace Orchestrator.Grpc.Tests.Wire;

public sealed class TimeoutHeaderTests
{
    [Theory]
    [InlineData(0.0000005, "1u")]
    [InlineData(1, "1000000u")]
    [InlineData(200, "200000m")]
    [InlineData(200_000, "200000S")]
    [InlineData(-3, "1u")]
    public void Timeout_is_written_in_the_finest_unit_that_fits(double seconds, string expected) =>
        Assert.Equal(expected, TimeoutHeader.Format(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData("10S", 10)]
    [InlineData("2M", 120)]
    [InlineData("1H", 3600)]
    [InlineData("5m", 0.005)]
    [InlineData("99999999H", 359999996400)]
    public void Timeout_is_read_in_every_unit(string text, double seconds)
    {
        Assert.True(TimeoutHeader.TryParse(text, out var timeout));
        Assert.Equal(seconds, timeout.TotalSeconds, 6);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("10")]
    [InlineData("-1S")]
    [InlineData("123456789S")]
    public void Nonsense_is_no_timeout(string? text) => Assert.False(TimeoutHeader.TryParse(text, out _));
}
