using Orchestrator.Agent.Pods.Status;

namespace Orchestrator.Agent.Tests.Pods.Status;

public sealed class PodStatusBuilderTests
{
    private static readonly ContainerStatus Waiting = new() { Name = "c", State = new() { Waiting = new() { Reason = "ImagePullBackOff" } } };

    [Fact]
    public void Container_that_never_started_has_failed_when_its_pod_ends()
    {
        var ended = PodStatusBuilder.Ended(Pod(), new() { Phase = "Pending", ContainerStatuses = [Waiting] });

        Assert.Equal("Failed", ended.Phase);
        Assert.Equal(("ContainerStatusUnknown", 137), (ended.ContainerStatuses[0].State.Terminated!.Reason, ended.ContainerStatuses[0].State.Terminated!.ExitCode));
    }

    [Fact]
    public void Container_behind_an_unfinished_init_container_goes_on_waiting()
    {
        var ended = PodStatusBuilder.Ended(Pod("i", "j"), new()
        {
            Phase = "Pending",
            InitContainerStatuses = [Waiting with { Name = "i" }, Waiting with { Name = "j" }],
            ContainerStatuses = [Waiting],
        });

        Assert.Equal("ContainerStatusUnknown", ended.InitContainerStatuses[0].State.Terminated?.Reason);
        Assert.NotNull(ended.InitContainerStatuses[1].State.Waiting);
        Assert.NotNull(ended.ContainerStatuses[0].State.Waiting);
    }

    [Fact]
    public void Phase_that_is_final_stays()
    {
        var status = new PodStatus { Phase = "Succeeded", ContainerStatuses = [Waiting with { State = new() { Terminated = new() { Reason = "Completed" } } }] };

        Assert.Equal(status, PodStatusBuilder.Ended(Pod(), status));
    }

    [Theory]
    [InlineData(true, "Pending")]
    [InlineData(false, "Running")]
    public void Pod_that_starts_over_is_pending_while_its_init_containers_run_again(bool initRuns, string phase)
    {
        var over = new ContainerState { Terminated = new() { ExitCode = 137, Reason = PodStatusBuilder.RestartingAll } };
        var init = Waiting with { Name = "i", LastState = over, State = initRuns ? new() { Running = new() } : Waiting.State };

        Assert.Equal(phase, PodStatusBuilder.PhaseOf(Pod("i"), [init], [Waiting with { LastState = over }], isTerminal: false));
    }

    private static Pod Pod(params string[] init) =>
        new() { Spec = new() { InitContainers = [.. init.Select(n => new Container { Name = n })], Containers = [new() { Name = "c" }] } };
}
