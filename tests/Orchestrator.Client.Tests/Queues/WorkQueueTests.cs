namespace Orchestrator.Client.Tests.Queues;

public sealed class WorkQueueTests
{
    [Fact]
    public async Task Key_waits_once_and_again_after_work_when_added_meanwhile()
    {
        using var queue = new WorkQueue<string>(TimeProvider.System);
        queue.Add("a");
        queue.Add("a");
        Assert.Equal(1, queue.Count);

        var item = await queue.TakeAsync(default);
        queue.Add("a");
        Assert.Equal(0, queue.Count);
        queue.Done(item!.Value.Key);
        Assert.Equal(1, queue.Count);
    }

    [Fact]
    public async Task Shut_down_ends_takers()
    {
        using var queue = new WorkQueue<string>(TimeProvider.System);
        var taking = queue.TakeAsync(default);
        queue.ShutDown();
        Assert.Null(await taking);
        queue.Add("late");
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public async Task Delayed_key_comes_and_retries_are_forgotten()
    {
        using var queue = new WorkQueue<string>(TimeProvider.System);
        queue.AddRateLimited("a");
        Assert.Equal(1, queue.Retries("a"));
        Assert.Equal("a", (await queue.TakeAsync(default))!.Value.Key);
        queue.Forget("a");
        Assert.Equal(0, queue.Retries("a"));
    }

    [Fact]
    public void Backoff_doubles_to_its_cap()
    {
        var policy = new BackoffPolicy(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
        Assert.Equal([1.0, 2.0, 4.0, 8.0, 10.0, 10.0], Enumerable.Range(0, 6).Select(i => policy.Delay(i).TotalSeconds));
    }
}
