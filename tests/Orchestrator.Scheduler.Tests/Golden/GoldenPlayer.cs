using System.Text;
using System.Text.Json.Nodes;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Json;
using Orchestrator.Api.Policy.V1;
using Orchestrator.Api.Scheduling.V1;
using Orchestrator.Api.Storage.V1;
using Orchestrator.Scheduler.Tests.Support;

namespace Orchestrator.Scheduler.Tests.Golden;

/// <summary>Plays what was sent to the real cluster to the world of a test.</summary>
internal sealed class GoldenPlayer(SchedulerWorld world, string ns)
{
    private readonly Dictionary<string, PriorityClass> _priorities = [];
    private int _uids;

    public void Send(JsonObject request)
    {
        if (request["create"] is JsonObject manifest)
        {
            Create(manifest);
        }
        else if (request["patch"] is { } patched)
        {
            // The recorded patches only take gates away.
            var name = patched.GetValue<string>().Split('/')[1];
            Assert.Equal("""{"spec":{"schedulingGates":[]}}""", request["with"]!.ToJsonString());
            world.Put(world.Pods[name] with { Spec = world.Pods[name].Spec with { SchedulingGates = [] } });
        }
        else if (request["kubelet"] is { } reporter)
        {
            var name = reporter.GetValue<string>().Split('/')[1];
            if (request["reports"]!.GetValue<string>().StartsWith("stopped", StringComparison.Ordinal))
            {
                world.Delete(name);
            }
            else
            {
                world.Put(world.Pods[name] with { Status = world.Pods[name].Status with { Phase = "Running" } });
            }
        }
        else
        {
            Assert.Fail($"What is {request.ToJsonString()}?");
        }
    }

    private void Create(JsonObject manifest)
    {
        switch (manifest["kind"]!.GetValue<string>())
        {
            case "Node":
                world.Put(Read<Node>(manifest));
                break;
            case "Pod":
                var pod = Read<Pod>(manifest);
                world.Put(pod with
                {
                    Metadata = pod.Metadata with { Namespace = ns, Generation = 1, Uid = $"uid-{++_uids}" },
                    Spec = pod.Spec with
                    {
                        SchedulerName = pod.Spec.SchedulerName.Length == 0 ? "default-scheduler" : pod.Spec.SchedulerName,
                        Priority = _priorities.GetValueOrDefault(pod.Spec.PriorityClassName)?.Value ?? 0,
                        PreemptionPolicy = _priorities.GetValueOrDefault(pod.Spec.PriorityClassName)?.PreemptionPolicy ?? "PreemptLowerPriority",
                        Containers = pod.Spec.Containers.Select(WithDefaultRequests).ToApiList(),
                    },
                });
                break;
            case "PriorityClass":
                var priority = Read<PriorityClass>(manifest);
                _priorities[priority.Metadata.Name] = priority;
                break;
            case "PodDisruptionBudget":
                var budget = Read<PodDisruptionBudget>(manifest);
                world.Loop.Budgets.Set(budget with { Metadata = budget.Metadata with { Namespace = ns } });
                break;
            case "PersistentVolume":
                world.Loop.Storage.Set(Read<PersistentVolume>(manifest));
                break;
            case "PersistentVolumeClaim":
                var claim = Read<PersistentVolumeClaim>(manifest);
                world.Loop.Storage.Set(claim with { Metadata = claim.Metadata with { Namespace = ns } });
                break;
            case "StorageClass":
                world.Loop.Storage.Set(Read<StorageClass>(manifest));
                break;
            case "Service":
                world.Workloads.Add(Read<Service>(manifest));
                break;
            case var kind:
                Assert.Fail($"Nothing plays {kind}.");
                break;
        }
    }

    /// <summary>As the API server: what has a limit but no request asks for its limit.</summary>
    private static Container WithDefaultRequests(Container container)
    {
        var requests = container.Resources.Requests;
        foreach (var (name, limit) in container.Resources.Limits)
        {
            requests = requests.ContainsKey(name) ? requests : requests.With(name, limit);
        }

        return container with { Resources = container.Resources with { Requests = requests } };
    }

    private static T Read<T>(JsonObject manifest)
        where T : ApiObject, new() => ApiJson.Read<T>(Encoding.UTF8.GetBytes(manifest.ToJsonString()));
}
