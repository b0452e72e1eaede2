using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Health;

/// <summary>The server's checks under upstream's names. What upstream starts by a hook is here a part of starting up: its check passes when that is done.</summary>
internal static class ServerChecks
{
    private static readonly string[] Hooks =
    [
        "start-apiserver-admission-initializer", "generic-apiserver-start-informers", "priority-and-fairness-config-consumer", "priority-and-fairness-filter",
        "storage-object-count-tracker-hook", "start-apiextensions-informers", "start-apiextensions-controllers", "crd-informer-synced",
        "start-system-namespaces-controller", "start-cluster-authentication-info-controller", "start-kube-apiserver-identity-lease-controller",
        "start-kube-apiserver-identity-lease-garbage-collector", "start-legacy-token-tracking-controller",
        "start-service-ip-repair-controllers", "rbac/bootstrap-roles", "scheduling/bootstrap-system-priority-classes", "priority-and-fairness-config-producer",
        "bootstrap-controller", "aggregator-reload-proxy-client-cert", "start-kube-aggregator-informers", "apiservice-status-local-available-controller",
        "apiservice-status-remote-available-controller", "apiservice-registration-controller", "apiservice-discovery-controller", "kube-apiserver-autoregistration",
    ];

    private static readonly string[] LateHooks = ["apiservice-openapi-controller", "apiservice-openapiv3-controller"];

    /// <param name="store">Must be running.</param>
    /// <param name="isReady">Whether the server has all that it starts with and listens.</param>
    /// <param name="isStopping">Whether it goes down: clients should turn to others.</param>
    public static IReadOnlyList<HealthCheck> Of(IStore store, Func<bool> isReady, Func<bool> isStopping)
    {
        string? StoreFault() => store.Completion.IsCompleted ? "the store has stopped" : null;
        string? Started() => isReady() ? null : "not finished";
        var checks = new List<HealthCheck>
        {
            new("ping", static () => null),
            new("log", static () => null),
            new("etcd", StoreFault),
            new("etcd-readiness", StoreFault, "/readyz"),
            new("informer-sync", Started, "/readyz"),
        };
        checks.AddRange(Hooks.Select(h => new HealthCheck("poststarthook/" + h, Started)));
        checks.Add(new HealthCheck("autoregister-completion", Started));
        checks.AddRange(LateHooks.Select(h => new HealthCheck("poststarthook/" + h, Started)));
        checks.Add(new HealthCheck("shutdown", () => isStopping() ? "process is shutting down" : null, "/readyz"));
        return checks;
    }
}
