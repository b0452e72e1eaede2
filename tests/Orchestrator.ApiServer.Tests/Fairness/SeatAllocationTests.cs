using Orchestrator.ApiServer.Fairness;

namespace Orchestrator.ApiServer.Tests.Fairness;

public sealed class SeatAllocationTests
{
    [Fact]
    public void Shares_give_rights_of_which_a_part_may_be_lent()
    {
        Assert.Equal(new SeatLimits(Nominal: 245, Lower: 24, Upper: 600), SeatAllocation.Limits(600, 100, 245, 90, null));
        Assert.Equal(new SeatLimits(Nominal: 13, Lower: 13, Upper: 20), SeatAllocation.Limits(600, 5, 245, 0, 50));
    }

    [Fact]
    public void Seats_go_to_where_they_are_wanted_and_nobody_loses_what_he_must_keep()
    {
        var shared = SeatAllocation.Share(100, [(10, 100, 10), (20, 100, 200), (5, 8, 50)]);
        Assert.InRange(shared.Sum(), 99, 101);
        Assert.InRange(shared[0], 10, 12);
        Assert.True(shared[1] > 75, $"the busy one got {shared[1]}");
        Assert.Equal(8, shared[2]);
    }
}
