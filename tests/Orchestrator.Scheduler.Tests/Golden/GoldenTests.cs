using System.Text.Json.Nodes;
using Orchestrator.Client;
using Orchestrator.Scheduler.Tests.Support;

namespace Orchestrator.Scheduler.Tests.Golden;

/// <summary>What the real kube-scheduler did in recorded cases, step by step, is what this one does.</summary>
public sealed class GoldenTests
{
    public static TheoryData<string> Cases => GoldenCases.Names();

    [Theory]
    [MemberData(nameof(Cases))]
    public void Decides_and_tells_as_the_real_scheduler(string name)
    {
        var recorded = GoldenCases.Read(name);

        // Chance must not matter in these cases.
        for (var seed = 1; seed <= 5; seed++)
        {
            Play(recorded, "scheduler-" + name, new SchedulerWorld(seed));
        }
    }

    private static void Play(JsonObject recorded, string ns, SchedulerWorld world)
    {
        var player = new GoldenPlayer(world, ns);
        foreach (var step in recorded["steps"]!.AsArray())
        {
            world.Events.Clear();
            foreach (var request in step!["sent"]!.AsArray())
            {
                player.Send(request!.AsObject());
            }

            world.Settle();

            var after = step["after"]!;
            Assert.Equal(
                after["events"]!.AsArray().Select(e => Text(e!, "name") + " " + Text(e!, "type") + " " + Text(e!, "reason") + ": " + Text(e!, "message")).Order(StringComparer.Ordinal),
                world.Events.Select(e => $"{e.Pod} {e.Type} {e.Reason}: {Normalize(e.Message)}").Order(StringComparer.Ordinal));
            foreach (var pod in after["objects"]!.AsArray().Where(o => Text(o!, "kind") == "Pod"))
            {
                Compare(pod!, world);
            }
        }
    }

    private static void Compare(JsonNode expected, SchedulerWorld world)
    {
        var actual = world.Pods[Text(expected["metadata"]!, "name")];
        Assert.Equal(Text(expected["spec"]!, "nodeName"), actual.Spec.NodeName);
        Assert.Equal(Text(expected["status"]!, "nominatedNodeName"), actual.Status.NominatedNodeName);
        Assert.Equal(expected["metadata"]!["deletionTimestamp"] is not null, actual.Metadata.DeletionTimestamp is not null);
        var condition = expected["status"]!["conditions"]?.AsArray().FirstOrDefault(c => Text(c!, "type") == "PodScheduled");
        if (condition is not null && Text(condition, "reason") != "SchedulingGated")
        {
            var scheduled = actual.FindCondition("PodScheduled");
            Assert.Equal(Text(condition, "status"), scheduled?.Status);
            Assert.Equal(Text(condition, "reason"), scheduled?.Reason);
            Assert.Equal(Text(condition, "message"), scheduled?.Message);
        }
    }

    private static string Text(JsonNode node, string field) => node[field]?.GetValue<string>() ?? "";

    private static string Normalize(string message) =>
        message.StartsWith("Preempted by pod uid-", StringComparison.Ordinal)
            ? "Preempted by pod <uid>" + message[message.IndexOf(" on node", StringComparison.Ordinal)..]
            : message;
}
