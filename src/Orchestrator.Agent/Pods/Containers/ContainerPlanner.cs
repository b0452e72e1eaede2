using Orchestrator.Agent.Probes;

namespace Orchestrator.Agent.Pods.Containers;

/// <summary>Compares a pod with the runtime. A pure function: it decides, others act.</summary>
/// <remarks>
/// Sandbox gone or dead → kill what is left and start over, unless everything has ended and nothing may restart.
/// Init containers one after the other, each to its success; sidecars among them to their start. Then the containers, all at once.
/// A container that should run and does not is started; one whose definition changed or whose probe failed is killed and started.
/// Nothing left to run or to start → the pod is killed (its sandbox goes, too).
/// </remarks>
internal static class ContainerPlanner
{
    public static ContainerPlan Plan(Pod pod, RuntimePod runtime, IProbeResults probes)
    {
        var sandbox = runtime.Sandboxes.Count > 0 ? runtime.Sandboxes[0] : null;
        if (SandboxChanged(pod, runtime, sandbox))
        {
            return PlanNewSandbox(pod, runtime, sandbox is null ? 0 : sandbox.Metadata.Attempt + 1);
        }

        if (RestartsAll(pod, runtime))
        {
            return new ContainerPlan { RestartAll = true };
        }

        var plan = new Draft();
        foreach (var container in pod.Spec.EphemeralContainers.Select(e => e.AsContainer()))
        {
            // Ephemeral containers are never restarted.
            if (runtime.Find(container.Name) is null)
            {
                plan.Ephemeral.Add(container);
            }
        }

        if (!PlanInit(pod, runtime, probes, plan))
        {
            return plan.ToPlan();
        }

        var kept = 0;
        foreach (var container in pod.Spec.Containers)
        {
            var last = runtime.Find(container.Name);
            if (last is not { IsRunning: true })
            {
                if (RestartPolicies.ShouldRestart(pod, container, last))
                {
                    plan.Start.Add(container);
                    if (last is { State: Cri.ContainerState.ContainerUnknown })
                    {
                        plan.Kills.Add(new(last, container, "Container is in unknown state, try killing it before restart", KillReason.Other));
                    }
                }

                continue;
            }

            var (message, reason) = WhyKill(container, last, probes);
            if (message is null)
            {
                kept++;
                continue;
            }

            // A restart policy of Never holds for failed probes, but not for a changed definition.
            if (reason == KillReason.Other || RestartPolicies.ShouldRestartAfterExit(pod, container, exitCode: 137))
            {
                plan.Start.Add(container);
                message += ", will be restarted";
            }

            plan.Kills.Add(new(last, container, message, reason));
        }

        if (kept == 0 && plan.Start.Count == 0)
        {
            return new ContainerPlan { KillPod = true };
        }

        return plan.ToPlan();
    }

    /// <summary>True if the pod's containers have started before, so that its init containers are done with.</summary>
    public static bool HasInitialized(Pod pod, RuntimePod runtime)
    {
        if (pod.Spec.Containers.Any(c => runtime.Find(c.Name) is { State: not Cri.ContainerState.ContainerCreated, StartedAt: not null }))
        {
            return true;
        }

        foreach (var container in pod.Spec.InitContainers)
        {
            var last = runtime.Find(container.Name);
            var done = container.IsSidecar ? last is { IsRunning: true } : last is { IsExited: true, ExitCode: 0 };
            if (!done)
            {
                return false;
            }
        }

        return true;
    }

    private static bool RestartsAll(Pod pod, RuntimePod runtime) =>
        pod.Metadata.DeletionTimestamp is null
        && pod.Spec.InitContainers.Concat(pod.Spec.Containers).Any(c =>
            runtime.Find(c.Name) is { IsExited: true } last && RestartPolicies.AsksToRestartAll(c, last.ExitCode));

    private static bool SandboxChanged(Pod pod, RuntimePod runtime, Cri.PodSandboxStatus? sandbox) =>
        sandbox is not { State: Cri.PodSandboxState.SandboxReady }
        || (!pod.UsesHostNetwork && runtime.Addresses.Count == 0);

    private static ContainerPlan PlanNewSandbox(Pod pod, RuntimePod runtime, uint attempt)
    {
        var first = runtime.Sandboxes.Count == 0 && runtime.Containers.Count == 0;
        if (!first && !pod.AllContainers.Any(c => RestartPolicies.MayRestart(pod, c)) && attempt != 0 && runtime.Containers.Count > 0)
        {
            return new ContainerPlan { KillPod = true };
        }

        // What has ended well and may not restart does not start just because the sandbox died.
        var starts = pod.Spec.Containers.Where(c =>
            runtime.Find(c.Name) is not { IsExited: true } last || RestartPolicies.ShouldRestartAfterExit(pod, c, last.ExitCode)).ToList();
        if (starts.Count == 0 && HasInitialized(pod, runtime))
        {
            return new ContainerPlan { KillPod = true };
        }

        return new ContainerPlan
        {
            KillPod = !first,
            CreateSandbox = true,
            Attempt = attempt,
            InitContainersToStart = pod.Spec.InitContainers.Count > 0 ? [pod.Spec.InitContainers[0]] : [],
            ContainersToStart = pod.Spec.InitContainers.Count > 0 ? [] : starts,
        };
    }

    /// <summary>Plans the init containers; true if the containers may follow.</summary>
    private static bool PlanInit(Pod pod, RuntimePod runtime, IProbeResults probes, Draft plan)
    {
        if (pod.Spec.InitContainers.Count == 0)
        {
            return true;
        }

        var initialized = pod.Spec.Containers.Any(c => runtime.Find(c.Name) is { StartedAt: not null });
        for (var i = 0; i < pod.Spec.InitContainers.Count; i++)
        {
            var container = pod.Spec.InitContainers[i];
            var last = runtime.Find(container.Name);
            if (container.IsSidecar)
            {
                if (last is { IsRunning: true })
                {
                    var (message, reason) = WhyKill(container, last, probes);
                    if (message is not null)
                    {
                        plan.Kills.Add(new(last, container, message + ", will be restarted", reason));
                        plan.Init.Add(container);
                        if (!initialized)
                        {
                            return false;
                        }

                        continue;
                    }

                    // The next one waits until this one is started in the sense of its startup probe.
                    if (!initialized && !probes.IsStarted(container, last))
                    {
                        return false;
                    }

                    continue;
                }

                plan.Init.Add(container);
                if (!initialized)
                {
                    return false;
                }

                continue;
            }

            if (initialized)
            {
                continue;
            }

            switch (last)
            {
                case null or { State: Cri.ContainerState.ContainerCreated or Cri.ContainerState.ContainerUnknown }:
                    plan.Init.Add(container);
                    return false;
                case { IsRunning: true }:
                    return false;
                case { ExitCode: 0 }:
                    continue;
                default:
                    if (!RestartPolicies.ShouldRestartAfterExit(pod, container, last.ExitCode))
                    {
                        plan.KillPod = true;
                        return false;
                    }

                    plan.Init.Add(container);
                    return false;
            }
        }

        return true;
    }

    private static (string? Message, KillReason Reason) WhyKill(Container container, RuntimeContainer running, IProbeResults probes)
    {
        if (running.Hash is { } hash && hash != container.DefinitionHash)
        {
            return ($"Container {container.Name} definition changed", KillReason.Other);
        }

        if (probes.HasFailed(ProbeKind.Liveness, running.Id))
        {
            return ($"Container {container.Name} failed liveness probe", KillReason.Liveness);
        }

        return probes.HasFailed(ProbeKind.Startup, running.Id)
            ? ($"Container {container.Name} failed startup probe", KillReason.Startup)
            : (null, KillReason.Other);
    }

    private sealed class Draft
    {
        public List<Container> Init { get; } = [];

        public List<Container> Start { get; } = [];

        public List<Container> Ephemeral { get; } = [];

        public List<ContainerKill> Kills { get; } = [];

        public bool KillPod { get; set; }

        public ContainerPlan ToPlan() => new()
        {
            KillPod = KillPod,
            InitContainersToStart = Init,
            ContainersToStart = Start,
            EphemeralContainersToStart = Ephemeral,
            Kills = Kills,
        };
    }
}
