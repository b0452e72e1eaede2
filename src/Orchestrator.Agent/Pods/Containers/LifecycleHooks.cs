using Orchestrator.Agent.Probes;
using Orchestrator.Agent.Runtime;
using Grpc.Core;

namespace Orchestrator.Agent.Pods.Containers;

/// <summary>Runs what a container asks to have run after its start and before its stop.</summary>
internal sealed class LifecycleHooks(IContainerRuntime runtime, TimeProvider time)
{
    /// <summary>Runs a hook; the text of its failure, or null.</summary>
    public async Task<string?> RunAsync(
        Pod pod, Container container, string containerId, LifecycleHandler handler, string? podAddress, CancellationToken cancellationToken)
    {
        switch (handler)
        {
            case { Exec: { } exec }:
                try
                {
                    var result = await runtime.ExecSyncAsync(containerId, exec.Command, TimeSpan.Zero, cancellationToken);
                    return result.ExitCode == 0 ? null : $"command '{string.Join(' ', exec.Command)}' exited with {result.ExitCode}: {result.Stderr.ToStringUtf8()}";
                }
                catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
                {
                    return GoErrors.Full(e);
                }

            case { HttpGet: { } http }:
                var outcome = await HttpProber.ProbeAsync(http, container, podAddress ?? "", TimeSpan.FromSeconds(30), "kube-lifecycle/v1.36", cancellationToken);

                // Whatever the status: a hook is a message to the container, and it was delivered.
                return outcome.Verdict is ProbeVerdict.Success or ProbeVerdict.Warning || outcome.IsAnswer ? null : outcome.Output;

            case { Sleep: { } sleep }:
                await Task.Delay(TimeSpan.FromSeconds(sleep.Seconds), time, cancellationToken);
                return null;

            default:
                return $"invalid handler: {pod.Text}";
        }
    }
}
