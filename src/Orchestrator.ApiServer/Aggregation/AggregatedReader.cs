using System.Text.Json;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Services;
using Orchestrator.Client;

namespace Orchestrator.ApiServer.Aggregation;

/// <summary>Asks aggregated servers on behalf of clients in this process.</summary>
internal sealed class AggregatedReader(AggregationRoutes routes, ServiceHttpClients clients, TimeProvider time)
{
    // A server that does not answer must not hold up a controller for longer.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public async ValueTask<ApiResult<byte[]>> GetAsync(string pathAndQuery, UserInfo user, CancellationToken cancellationToken)
    {
        var query = pathAndQuery.IndexOf('?', StringComparison.Ordinal);
        if (routes.OfPath(query < 0 ? pathAndQuery : pathAndQuery[..query]) is not { } version)
        {
            return ResourceEndpoint.NoSuchResource().Status;
        }

        if (version.Local is { } local)
        {
            try
            {
                return await local(pathAndQuery, cancellationToken);
            }
            catch (ApiException refusal)
            {
                return refusal.Status;
            }
        }

        if (!version.IsAvailable)
        {
            return Refusal(503, "ServiceUnavailable", "the server is currently unable to handle the request");
        }

        using var patience = new CancellationTokenSource(Patience, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            var spec = version.Source.Spec;
            var service = clients.ForService(spec.Service!.Namespace, spec.Service.Name, spec.Service.Port ?? 443, pathAndQuery, spec.CaBundle, spec.InsecureSkipTLSVerify);
            using var request = new HttpRequestMessage(HttpMethod.Get, service.Address);
            request.Headers.Host = service.Host;
            request.Headers.TryAddWithoutValidation("Accept", "application/json");
            foreach (var lines in RemoteIdentity.Headers(user).GroupBy(static h => h.Name))
            {
                request.Headers.TryAddWithoutValidation(lines.Key, string.Join($"{HeaderLineStream.LineBreak}{lines.Key}: ", lines.Select(static l => l.Value)));
            }

            using var answer = await service.Client.SendAsync(request, deadline.Token);
            var body = await answer.Content.ReadAsByteArrayAsync(deadline.Token);
            return answer.IsSuccessStatusCode ? body : RefusalOf((int)answer.StatusCode, body);
        }
        catch (ServiceResolutionException gone)
        {
            return ClientStatus.UnreachableBecause(gone.Message);
        }
        catch (HttpRequestException failure)
        {
            return ClientStatus.UnreachableBecause(failure.InnerException?.Message ?? failure.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return ClientStatus.UnreachableBecause($"no answer within {Patience.TotalSeconds:0} s");
        }
    }

    private static Status RefusalOf(int code, byte[] body)
    {
        try
        {
            if (ApiJson.Read<Status>(body) is { Kind: "Status" } status)
            {
                return status;
            }
        }
        catch (Exception e) when (e is JsonException or ApiDecodeException)
        {
            // Its code says enough.
        }

        return code == 404 ? ResourceEndpoint.NoSuchResource().Status : Refusal(code, "Unknown", $"the server answered {code}");
    }

    private static Status Refusal(int code, string reason, string message) =>
        new() { Kind = "Status", ApiVersion = "v1", StatusValue = "Failure", Code = code, Reason = reason, Message = message };
}
