using Orchestrator.Agent.Volumes;
using Orchestrator.Api;

namespace Orchestrator.Agent.Tests.Volumes;

public sealed class HugePagesTests
{
    [Fact]
    public void Size_is_the_one_that_containers_ask_for() =>
        Assert.Equal(2 << 20, HugePages.PageSize(Pod("hugepages-2Mi"), "HugePages"));

    [Fact]
    public void Size_of_the_medium_wins_among_several() =>
        Assert.Equal(1 << 30, HugePages.PageSize(Pod("hugepages-2Mi", "hugepages-1Gi"), "HugePages-1Gi"));

    [Theory]
    [InlineData("HugePages", new[] { "cpu" }, "no resource request for huge pages")]
    [InlineData("HugePages-1Gi", new[] { "hugepages-2Mi" }, "no resource request for huge pages")]
    [InlineData("HugePages", new[] { "hugepages-2Mi", "hugepages-1Gi" }, "multiple huge page sizes")]
    public void Unclear_sizes_are_refused(string medium, string[] requests, string reason) =>
        Assert.Contains(reason, Assert.Throws<VolumeException>(() => HugePages.PageSize(Pod(requests), medium)).Message);

    private static Pod Pod(params string[] requests) => new()
    {
        Spec = new() { Containers = [new() { Name = "c", Resources = new() { Requests = requests.ToDictionary(r => r, _ => Quantity.Parse("4Mi")) } }] },
    };
}
