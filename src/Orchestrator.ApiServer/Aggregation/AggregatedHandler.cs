using System.Net;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Services;
using Orchestrator.Client;

namespace Orchestrator.ApiServer.Aggregation;

/// <summary>Carries requests of clients in this process to the aggregated servers, in the name of a user.</summary>
internal sealed class AggregatedHandler(AggregationRoutes routes, ServiceHttpClients clients, UserInfo user, TimeProvider time) : HttpMessageHandler
{
    // A server that does not answer must not hold up a controller for longer.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>A client of all aggregated servers.</summary>
    public static HttpClusterClient Client(AggregationRoutes routes, ServiceHttpClients clients, UserInfo user, TimeProvider time) =>
        new(new ClientConfig { Server = new Uri("https://kubernetes.default.svc") }, time, new AggregatedHandler(routes, clients, user, time));

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var target = request.RequestUri!.PathAndQuery;
        if (routes.OfPath(request.RequestUri.AbsolutePath) is not { } version)
        {
            return Answer(ResourceEndpoint.NoSuchResource().Status);
        }

        if (version.Local is { } local)
        {
            return await AnswerAsync(local, target, request.Method, cancellationToken);
        }

        if (!version.IsAvailable)
        {
            return Answer(new Status
            {
                Kind = "Status", ApiVersion = "v1", StatusValue = "Failure", Code = 503, Reason = "ServiceUnavailable", Message = "the server is currently unable to handle the request",
            });
        }

        // Only the beginning of an answer is waited for so long; a watch goes on for as long as it likes.
        using var patience = new CancellationTokenSource(Patience, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            var spec = version.Source.Spec;
            var service = clients.ForService(spec.Service!.Namespace, spec.Service.Name, spec.Service.Port ?? 443, target, spec.CaBundle, spec.InsecureSkipTLSVerify);
            request.RequestUri = service.Address;
            request.Headers.Host = service.Host;

            // Over HTTP/2 a user's groups could not be told one by one.
            request.Version = HttpVersion.Version11;
            foreach (var lines in RemoteIdentity.Headers(user).GroupBy(static h => h.Name))
            {
                request.Headers.TryAddWithoutValidation(lines.Key, string.Join($"{HeaderLineStream.LineBreak}{lines.Key}: ", lines.Select(static l => l.Value)));
            }

            return await service.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
        }
        catch (ServiceResolutionException gone)
        {
            throw new HttpRequestException(gone.Message, gone);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException($"no answer within {Patience.TotalSeconds:0} s");
        }
    }

    private static async ValueTask<HttpResponseMessage> AnswerAsync(
        Func<string, CancellationToken, ValueTask<byte[]>> local, string target, HttpMethod method, CancellationToken cancellationToken)
    {
        if (method != HttpMethod.Get)
        {
            return Answer(ResourceEndpoint.MethodNotAllowed().Status);
        }

        try
        {
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(await local(target, cancellationToken)) };
        }
        catch (ApiException refusal)
        {
            return Answer(refusal.Status);
        }
    }

    private static HttpResponseMessage Answer(Status status) =>
        new((HttpStatusCode)status.Code) { Content = new ByteArrayContent(ApiJson.WriteToArray(status with { Kind = "Status", ApiVersion = "v1" })) };
}
