using Orchestrator.Api.Core.V1;
using Orchestrator.Controllers.DaemonSets;

namespace Orchestrator.Controllers.Tests.DaemonSets;

public sealed class NodeMatchTests
{
    [Fact]
    public void Tolerations_of_the_template_keep_their_place_and_lose_their_end()
    {
        var mine = new Toleration { Key = "mine", Operator = "Exists" };
        var tolerations = NodeMatch.Tolerations(new()
        {
            Tolerations = [new() { Key = "node.kubernetes.io/unreachable", Operator = "Exists", Effect = "NoExecute", TolerationSeconds = 5 }, mine],
        });
        Assert.Equal(
            ["node.kubernetes.io/unreachable", "mine", "node.kubernetes.io/not-ready", "node.kubernetes.io/disk-pressure", "node.kubernetes.io/memory-pressure", "node.kubernetes.io/pid-pressure", "node.kubernetes.io/unschedulable"],
            tolerations.Select(static t => t.Key));
        Assert.All(tolerations, static t => Assert.Null(t.TolerationSeconds));
    }
}
