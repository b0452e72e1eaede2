using Orchestrator.Scheduler.Hosting;
using Orchestrator.Scheduler.Queue;
using Orchestrator.Scheduler.Tests.Support;

namespace Orchestrator.Scheduler.Tests;

public sealed class RefusalPaceTests
{
    private readonly HandClock _clock = new();

    [Fact]
    public void What_exceeds_the_burst_is_told_later_and_only_its_latest_form()
    {
        var pace = new RefusalPace(_clock);
        for (var i = 0; i < RefusalPace.Burst; i++)
        {
            Assert.True(pace.MayTell(Waiting(), new("Unschedulable", "a", null)));
        }

        Assert.Null(pace.Wait);
        QueuedPod first = Waiting(), bound = Waiting(), last = Waiting();
        Assert.False(pace.MayTell(first, new("Unschedulable", "old", null)));
        Assert.False(pace.MayTell(bound, new("Unschedulable", "a", null)));
        Assert.False(pace.MayTell(last, new("Unschedulable", "b", "n1")));
        Assert.False(pace.MayTell(first, new("Unschedulable", "new", null)));
        bound.Place = QueuePlace.None;
        Assert.False(pace.TryNext(out _, out _));

        _clock.Advance(pace.Wait!.Value);
        Assert.True(pace.TryNext(out var told, out var refusal));
        Assert.Equal((first, "new"), (told, refusal.Message));
        Assert.True(pace.TryNext(out told, out refusal));
        Assert.Equal((last, "b", "n1"), (told, refusal.Message, refusal.NominatedNode));
        Assert.False(pace.TryNext(out _, out _));
        Assert.Null(pace.Wait);
    }

    [Fact]
    public void A_flood_is_told_at_a_steady_pace()
    {
        var pace = new RefusalPace(_clock);
        for (var i = 0; i < RefusalPace.Burst + 50; i++)
        {
            pace.MayTell(Waiting(), new("Unschedulable", "a", null));
        }

        var told = 0;
        var since = _clock.GetTimestamp();
        while (pace.Wait is { } wait)
        {
            _clock.Advance(wait);
            while (pace.TryNext(out _, out _))
            {
                told++;
            }
        }

        Assert.Equal(50, told);
        Assert.InRange(_clock.GetElapsedTime(since), TimeSpan.FromMilliseconds(400), TimeSpan.FromMilliseconds(600));
    }

    // Who the pod is makes no difference to the pace.
    private static QueuedPod Waiting() => new() { Info = null!, Place = QueuePlace.Unschedulable };
}
