using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.Scheduler.Matching;

/// <summary>New features of kubelets that a pod needs, by the names under which nodes declare them (KEP-5328). Pure.</summary>
internal static class FeatureNeeds
{
    /// <summary>Those that a pod cannot run without, sorted; mostly none.</summary>
    public static string[] Of(PodSpec spec)
    {
        var restarts = RestartsAll(spec.Containers) || RestartsAll(spec.InitContainers);
        var ownUsers = spec is { HostNetwork: true, HostUsers: false };
        return (restarts, ownUsers) switch
        {
            (false, false) => [],
            (true, false) => ["RestartAllContainersOnContainerExits"],
            (false, true) => ["UserNamespacesHostNetworkSupport"],
            _ => ["RestartAllContainersOnContainerExits", "UserNamespacesHostNetworkSupport"],
        };
    }

    private static bool RestartsAll(ApiList<Container> containers)
    {
        foreach (var container in containers)
        {
            foreach (var rule in container.RestartPolicyRules)
            {
                if (rule.Action == "RestartAllContainers")
                {
                    return true;
                }
            }
        }

        return false;
    }
}
