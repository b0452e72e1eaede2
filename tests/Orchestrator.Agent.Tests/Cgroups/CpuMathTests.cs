using Orchestrator.Agent.Cgroups;

namespace Orchestrator.Agent.Tests.Cgroups;

public sealed class CpuMathTests
{
    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 2)]
    [InlineData(100, 102)]
    [InlineData(1000, 1024)]
    [InlineData(1_000_000, 262_144)]
    public void Shares_follow_the_request_within_the_kernels_bounds(long millis, long shares) => Assert.Equal(shares, CpuMath.Shares(millis));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1000)]
    [InlineData(50, 5000)]
    [InlineData(2000, 200_000)]
    public void Quota_follows_the_limit_from_a_millisecond_up(long millis, long quota) => Assert.Equal(quota, CpuMath.Quota(millis));
}
