namespace Orchestrator.Agent.Tests.Golden;

internal static class GoldenPodExtensions
{
    public static bool UsesHostNetworkForTests(this Pod pod) => pod.Spec.HostNetwork;
}
