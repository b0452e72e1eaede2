using Grpc.Core;
using Grpc.Net.Client;
using Orchestrator.Api;
using Orchestrator.Protos.Health;

namespace Orchestrator.Agent.Probes;

/// <summary>Asks gRPC's health service: SERVING passes.</summary>
internal static class GrpcProber
{
    public static async Task<ProbeOutcome> ProbeAsync(
        GRPCAction action, string address, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        var target = ProbePort.Join(address, action.Port);
        using var channel = GrpcChannel.ForAddress("http://" + target);
        try
        {
            var response = await new Health.HealthClient(channel).CheckAsync(
                new HealthCheckRequest { Service = action.Service ?? "" },
                new Metadata { { "x-probe", "kubelet" } },
                time.GetUtcNow().UtcDateTime + timeout,
                cancellationToken);
            return response.Status == HealthCheckResponse.Types.ServingStatus.Serving
                ? new(ProbeVerdict.Success, "service healthy")
                : new(ProbeVerdict.Failure, $"service unhealthy (responded with \"{Name(response.Status)}\")");
        }
        catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
        {
            return new(ProbeVerdict.Failure, e.StatusCode switch
            {
                StatusCode.Unimplemented => $"error: this server does not implement the grpc health protocol (grpc.health.v1.Health): {e.Status.Detail}",
                StatusCode.DeadlineExceeded => $"timeout: health rpc did not complete within {GoDuration.Format(timeout)}: rpc error: code = DeadlineExceeded desc = context deadline exceeded",
                // Nobody there, or nobody who speaks HTTP/2: a connection never came about.
                StatusCode.Unavailable or StatusCode.Internal when e.StatusCode == StatusCode.Unavailable || e.Status.Detail.Contains("HTTP/2", StringComparison.Ordinal) => $"timeout: failed to connect service \"{target}\" within {GoDuration.Format(timeout)}: context deadline exceeded",
                _ => $"error: health rpc probe failed: {Pods.GoErrors.Full(e)}",
            });
        }
    }

    private static string Name(HealthCheckResponse.Types.ServingStatus status) => status switch
    {
        HealthCheckResponse.Types.ServingStatus.NotServing => "NOT_SERVING",
        HealthCheckResponse.Types.ServingStatus.ServiceUnknown => "SERVICE_UNKNOWN",
        _ => "UNKNOWN",
    };
}
