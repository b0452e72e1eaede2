using Orchestrator.ApiServer.Fairness;

namespace Orchestrator.ApiServer.Tests.Fairness;

public sealed class ShuffleShardTests
{
    [Theory]
    [InlineData(64, 8)]
    [InlineData(128, 6)]
    [InlineData(4, 4)]
    [InlineData(1, 1)]
    public void A_hand_is_of_distinct_queues_and_every_queue_is_dealt(int deck, int size)
    {
        var dealt = new int[deck];
        Span<int> hand = stackalloc int[size];
        for (var i = 0; i < 2000; i++)
        {
            ShuffleShard.Deal(ShuffleShard.Hash("global-default", "user-" + i), deck, hand);
            Assert.Equal(size, hand.ToArray().Distinct().Count());
            foreach (var card in hand)
            {
                dealt[card]++;
            }
        }

        var fair = 2000.0 * size / deck;
        Assert.All(dealt, count => Assert.InRange(count, fair * 0.5, fair * 1.5));
    }

    [Fact]
    public void A_flow_always_gets_the_same_hand()
    {
        Span<int> first = stackalloc int[6];
        Span<int> second = stackalloc int[6];
        ShuffleShard.Deal(ShuffleShard.Hash("a", "b"), 64, first);
        ShuffleShard.Deal(ShuffleShard.Hash("a", "b"), 64, second);
        Assert.Equal(first.ToArray(), second.ToArray());
    }
}
