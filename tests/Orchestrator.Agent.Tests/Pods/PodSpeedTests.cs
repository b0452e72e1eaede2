using Orchestrator.Agent.Tests.Support;
using Orchestrator.Api;

namespace Orchestrator.Agent.Tests.Pods;

/// <summary>Prints how long pods take to become ready; to be read on a machine that does nothing else.</summary>
public sealed class PodSpeedTests(ContainerdFixture containerd, ITestOutputHelper output)
{
    [Fact(Explicit = true)]
    public async Task Time_from_creation_to_ready()
    {
        await using var node = new TestNode(containerd);
        var times = new List<double>();
        for (var i = 0; i < 10; i++)
        {
            var started = TimeProvider.System.GetTimestamp();
            var pod = await node.RunToReadyAsync(TestNode.Pod($"one-{i}", "exec sleep 3600"));
            times.Add(TimeProvider.System.GetElapsedTime(started).TotalMilliseconds);
            await node.DeleteAsync(pod.Key);
        }

        times.Sort();
        output.WriteLine($"one by one: p50 {times[5]:0} ms, max {times[^1]:0} ms");

        var begun = TimeProvider.System.GetTimestamp();
        var pods = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => node.RunToReadyAsync(TestNode.Pod($"many-{i}", "exec sleep 3600"))));
        output.WriteLine($"30 at once: {TimeProvider.System.GetElapsedTime(begun).TotalSeconds:0.0} s");
        await Task.WhenAll(pods.Select(p => node.DeleteAsync(p.Key)));
    }
}
