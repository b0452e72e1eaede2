using Orchestrator.Api.Core.V1;
using Orchestrator.Controllers.Jobs;

namespace Orchestrator.Controllers.Tests.Jobs;

public sealed class JobBackoffTests
{
    private static readonly DateTimeOffset Start = new(2031, 5, 1, 7, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_wait_doubles_with_each_failure_and_ends_with_a_success()
    {
        var record = default(JobBackoff.Record);
        Assert.Equal(TimeSpan.Zero, record.Wait(Start));

        record = record.After(null, [Start]);
        Assert.Equal(TimeSpan.FromSeconds(10), record.Wait(Start));

        // Two at once count twice; the wait runs from the later one.
        record = record.After(null, [At(12), At(11)]);
        Assert.Equal(TimeSpan.FromSeconds(40), record.Wait(At(12)));

        // No news is no new wait.
        Assert.Equal(record, record.After(null, []));

        // Only failures after the success count.
        Assert.Equal(new(1, At(21)), record.After(At(20), [At(19), At(21)]));
        Assert.Equal(0, record.After(At(20), [At(19)]).Failures);
        Assert.Equal(0, record.After(At(20), []).Failures);
    }

    [Fact]
    public void A_pod_has_ended_when_its_containers_have_or_when_it_was_told_to()
    {
        var running = new ContainerStatus { State = new() { Running = new() } };
        var ended = new ContainerStatus { State = new() { Terminated = new() { FinishedAt = At(3) } } };
        var pod = new Pod
        {
            Metadata = new() { CreationTimestamp = Start, DeletionTimestamp = At(35), DeletionGracePeriodSeconds = 30 },
            Status = new() { ContainerStatuses = [ended, running], Conditions = [new() { Type = "Ready", Status = "True", LastTransitionTime = At(1) }] },
        };
        Assert.Equal(At(5), JobPods.FinishTime(pod, At(9)));
        Assert.Equal(At(3), JobPods.FinishTime(pod with { Status = pod.Status with { ContainerStatuses = [ended] } }, At(9)));
        Assert.Equal(
            At(4), JobPods.FinishTime(pod with { Status = pod.Status with { Conditions = [new() { Type = "Ready", Status = "False", LastTransitionTime = At(4) }] } }, At(9)));
    }

    private static DateTimeOffset At(int seconds) => Start + TimeSpan.FromSeconds(seconds);
}
