using Orchestrator.Api.FlowControl.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Fairness;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Metrics;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Fairness;

public sealed class PriorityLevelTests
{
    private readonly HandClock _clock = new();
    private readonly PriorityLevel _level;
    private readonly FlowSchemaRules _schema;

    public PriorityLevelTests()
    {
        _level = new PriorityLevel("work", _clock);
        _level.Configure(Queueing(queues: 8, handSize: 2, lengthMax: 3), new SeatLimits(2, 2, 2));
        _schema = new FlowSchemaRules(
            new FlowSchema { Metadata = new ObjectMeta { Name = "all" } }, _level, new FairnessInstruments(new MetricRegistry()));
    }

    [Fact]
    public async Task Requests_go_straight_in_while_there_are_seats_and_wait_when_there_are_none()
    {
        Assert.True(_level.TryEnter(1));
        Assert.True(_level.TryEnter(1));
        Assert.False(_level.TryEnter(1));
        var waiter = Queue("late", out _);
        Assert.False(waiter!.Decision.IsCompleted);
        _level.Leave(1, null, TimeSpan.FromMilliseconds(1));
        Assert.True(await waiter.Decision);
    }

    [Fact]
    public void Nobody_overtakes_those_who_wait()
    {
        Fill();
        var heavy = _level.TryQueue(_schema, "heavy", 2, out _, out _);
        _level.Leave(1, null, TimeSpan.Zero);
        Assert.False(heavy!.Decision.IsCompleted);
        Assert.False(_level.TryEnter(1));
    }

    [Fact]
    public void A_full_queue_turns_requests_away()
    {
        Fill();
        while (Queue("noisy", out var reason) is not null || reason.Length == 0)
        {
            Assert.True(_level.Report().Waiting <= 8 * 3);
        }

        // The hand of one flow has two queues of three places.
        Assert.Equal(6, _level.Report().Waiting);
        Assert.Equal(1, _level.Report().Rejected);
    }

    [Fact]
    public async Task A_quiet_flow_is_served_before_the_backlog_of_a_noisy_one()
    {
        Fill();
        var noisy = Enumerable.Range(0, 6).Select(i => Queue("noisy", out _)!).ToArray();
        var quiet = Queue("quiet-3", out _)!;

        // Seats come free one by one; by the third at the latest it is the quiet flow's turn.
        for (var i = 0; i < 3; i++)
        {
            _level.Leave(1, null, TimeSpan.FromMilliseconds(10));
        }

        Assert.True(quiet.Decision.IsCompleted);
        Assert.True(await quiet.Decision);
        Assert.Equal(2, noisy.Count(static n => n.Decision.IsCompleted));
    }

    [Fact]
    public async Task Who_leaves_the_queue_frees_his_place_and_is_not_let_in_later()
    {
        Fill();
        var waiter = _level.TryQueue(_schema, "x", 1, out var queue, out _)!;
        Assert.True(_level.TryLeave(waiter, queue!, timedOut: true));
        _level.Leave(1, null, TimeSpan.Zero);
        Assert.False(await waiter.Decision);
        Assert.Equal((0, 1, 1L), (_level.Report().Waiting, _level.Report().Executing, _level.Report().TimedOut));
        Assert.True(_level.TryEnter(1));
    }

    [Fact]
    public void Going_straight_in_allocates_nothing()
    {
        var user = new UserInfo { Name = "somebody", Groups = [Groups.Authenticated] };
        var request = new RequestInfo { Path = "/api/v1/pods", Verb = "list" };
        var rules = new FlowConfiguration(600, new FairnessInstruments(new MetricRegistry()), _clock).InForce;
        Pass();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            Pass();
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Pass()
        {
            var matched = rules.AsSpan()[^1];
            Assert.True(matched.Matches(user, request));
            Assert.True(matched.Level.TryEnter(1));
            matched.Level.Leave(1, null, TimeSpan.FromMilliseconds(1));
        }
    }

    private static PriorityLevelConfiguration Queueing(int queues, int handSize, int lengthMax) => new()
    {
        Metadata = new ObjectMeta { Name = "work" },
        Spec = new PriorityLevelConfigurationSpec
        {
            Type = "Limited",
            Limited = new LimitedPriorityLevelConfiguration
            {
                LimitResponse = new LimitResponse
                {
                    Type = "Queue", Queuing = new QueuingConfiguration { Queues = queues, HandSize = handSize, QueueLengthLimit = lengthMax },
                },
            },
        },
    };

    private void Fill()
    {
        Assert.True(_level.TryEnter(1));
        Assert.True(_level.TryEnter(1));
    }

    private Waiter? Queue(string flow, out string reason) => _level.TryQueue(_schema, flow, 1, out _, out reason);
}
