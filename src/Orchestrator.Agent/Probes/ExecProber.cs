using Grpc.Core;
using Orchestrator.Agent.Pods;
using Orchestrator.Agent.Runtime;
using Orchestrator.Api;

namespace Orchestrator.Agent.Probes;

/// <summary>Runs a program in the container: exit code 0 passes.</summary>
internal static class ExecProber
{
    private const int OutputLengthMax = 10 * 1024;

    public static async Task<ProbeOutcome> ProbeAsync(
        IContainerRuntime runtime, ExecAction action, string containerId, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            var response = await runtime.ExecSyncAsync(containerId, action.Command, timeout, cancellationToken);
            var output = response.Stdout.ToStringUtf8() + response.Stderr.ToStringUtf8();
            output = output.Length > OutputLengthMax ? output[..OutputLengthMax] : output;
            return new(response.ExitCode == 0 ? ProbeVerdict.Success : ProbeVerdict.Failure, output);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.DeadlineExceeded)
        {
            return new(ProbeVerdict.Failure, $"command timed out: \"{string.Join(' ', action.Command)}\" timed out after {GoDuration.Format(timeout)}");
        }
        catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
        {
            return new(ProbeVerdict.Unknown, GoErrors.Full(e));
        }
    }
}
