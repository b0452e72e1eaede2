using Orchestrator.Agent.Pods;

namespace Orchestrator.Agent.Tests.Pods;

public sealed class ContainerOwnersTests
{
    private readonly ContainerOwners _owners = new();

    [Fact]
    public void Exit_that_comes_before_its_container_is_known_is_told_to_whoever_claims_it()
    {
        Assert.Null(_owners.FindOfExit("c1"));

        Assert.True(_owners.Note("c1", "pod-1"));
        Assert.False(_owners.Note("c1", "pod-1"));
    }

    [Fact]
    public void Exit_of_a_known_container_is_its_pods()
    {
        Assert.False(_owners.Note("c1", "pod-1"));

        Assert.Equal("pod-1", _owners.FindOfExit("c1"));
        Assert.False(_owners.Note("c1", "pod-1"));
    }

    [Fact]
    public void Exits_that_nobody_claims_make_room()
    {
        for (var i = 0; i < 5000; i++)
        {
            _owners.FindOfExit($"c{i}");
        }

        Assert.False(_owners.Note("c0", "pod-1"));
        Assert.True(_owners.Note("c4999", "pod-1"));
    }
}
