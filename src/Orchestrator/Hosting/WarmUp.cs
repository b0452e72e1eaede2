using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Logging;
using Orchestrator.Api.Coordination.V1;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer;
using Orchestrator.ApiServer.ServerLeases;
using Orchestrator.Client;

namespace Orchestrator.Hosting;

/// <summary>
/// Sends a new server some hundreds of the commonest requests over its own front door: code is compiled to its final form after it has run
/// a hundred times, and so it is this program that waits for the compiler and not the first clients. Takes about three seconds of an idle machine's.
/// All is dry, except that the server's own lease is renewed a few times more than it must be, while others look on.
/// </summary>
internal static partial class WarmUp
{
    // Times the workers somewhat more than the calls after which the runtime compiles (CallCountThreshold in the project file).
    private const int Rounds = 60;
    private const int Workers = 2;

    // Watchers get more events than there are renewals, but several at once.
    private const int Watchers = 4;

    private const string Template = """
        {"metadata":{"labels":{"app":"warm"},"annotations":{"example.com/a":"1"}},"spec":{"automountServiceAccountToken":false,"containers":[{"name":"a",
        "image":"example.com/a:1","ports":[{"containerPort":80,"name":"http"}],"env":[{"name":"A","value":"1"},{"name":"B","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}],
        "resources":{"requests":{"cpu":"10m","memory":"16Mi"},"limits":{"memory":"64Mi"}},"readinessProbe":{"httpGet":{"path":"/","port":80}},
        "volumeMounts":[{"name":"v","mountPath":"/v"}]}],"volumes":[{"name":"v","emptyDir":{}}],"tolerations":[{"key":"example.com/a","operator":"Exists"}]}}
        """;

    private static readonly (HttpMethod Method, string Path, string? ContentType, string Body)[] Requests =
    [
        (HttpMethod.Post, "/api/v1/namespaces/default/podtemplates?dryRun=All", "application/json",
            """{"apiVersion":"v1","kind":"PodTemplate","metadata":{"name":"warm-up"},"template":""" + Template + "}"),
        (HttpMethod.Post, "/apis/apps/v1/namespaces/default/deployments?dryRun=All", "application/json",
            """{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"warm-up"},"spec":{"selector":{"matchLabels":{"app":"warm"}},"template":""" + Template + "}}"),
        (HttpMethod.Post, "/apis/coordination.k8s.io/v1/namespaces/default/leases?dryRun=All", "application/json",
            """{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"warm-up"},"spec":{"holderIdentity":"a","leaseDurationSeconds":40}}"""),
        (HttpMethod.Get, "/api/v1/namespaces/default", null, ""),
        // A long list: some eighty objects, a hundred kilobytes.
        (HttpMethod.Get, "/apis/rbac.authorization.k8s.io/v1/clusterroles", null, ""),
        (HttpMethod.Get, "/api/v1/namespaces?labelSelector=kubernetes.io%2Fmetadata.name%3Ddefault&limit=500", null, ""),
        (HttpMethod.Patch, "/api/v1/namespaces/default?dryRun=All", "application/merge-patch+json", """{"metadata":{"annotations":{"example.com/a":"1"}}}"""),
        (HttpMethod.Patch, "/api/v1/namespaces/default/services/kubernetes/status?dryRun=All", "application/strategic-merge-patch+json",
            """{"status":{"conditions":[{"type":"Warm","status":"True","reason":"Up","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}"""),
        (HttpMethod.Patch, "/api/v1/namespaces/default/configmaps/warm-up?dryRun=All&fieldManager=warm-up", "application/apply-patch+yaml",
            """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"warm-up"},"data":{"a":"1","b":"2"}}"""),
        (HttpMethod.Delete, "/apis/apps/v1/namespaces/default/deployments/warm-up?dryRun=All", null, ""),
        (HttpMethod.Delete, "/api/v1/namespaces/default/services/kubernetes?dryRun=All", null, ""),
    ];

    /// <summary>Returns when all has been sent; a server that stops or refuses meanwhile is no fault of this.</summary>
    /// <param name="server">The server.</param>
    /// <param name="lease">Its own, which it has taken or is about to take.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where to log.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public static async Task RunAsync(ApiServerHost server, ServerLease lease, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        using var certificate = server.Pki.AdminCertificate();
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(server.Pki.Authority.Pem);
        using var handler = HttpClusterClient.MakeHandler(new ClientConfig { Server = server.Url, Authorities = authorities, Certificate = () => certificate });
        using var client = new HttpClient(handler) { BaseAddress = server.Url };
        client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("orchestrator", "warm-up"));
        client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        try
        {
            await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => SendAsync(client, cancellationToken)).Append(RenewAsync(client, lease.Name, time, cancellationToken)));
        }
        catch (HttpRequestException e)
        {
            LogUnfinished(logger, e);
        }
    }

    private static async Task SendAsync(HttpClient client, CancellationToken cancellationToken)
    {
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var (method, path, contentType, body) in Requests)
            {
                using var request = Message(method, path, contentType, contentType is null ? null : Encoding.UTF8.GetBytes(body));
                using var response = await client.SendAsync(request, cancellationToken);
                await response.Content.ReadAsByteArrayAsync(cancellationToken);
            }
        }
    }

    private static async Task RenewAsync(HttpClient client, string name, TimeProvider time, CancellationToken cancellationToken)
    {
        const string Leases = $"/apis/coordination.k8s.io/v1/namespaces/{ServerLease.Namespace}/leases";
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watchers = Enumerable.Range(0, Watchers).Select(_ => WatchAsync(client, $"{Leases}?watch=true&resourceVersion=0", enough.Token)).ToArray();
        try
        {
            for (var round = 0; round < Rounds * Workers; round++)
            {
                using var get = Message(HttpMethod.Get, $"{Leases}/{name}", null, null);
                using var held = await client.SendAsync(get, cancellationToken);
                var body = await held.Content.ReadAsByteArrayAsync(cancellationToken);
                if (!held.IsSuccessStatusCode)
                {
                    continue;
                }

                var lease = ApiJson.Read<Lease>(body);
                var renewed = ApiJson.WriteToArray(lease with { Spec = lease.Spec with { RenewTime = time.GetUtcNow() } });
                using var put = Message(HttpMethod.Put, $"{Leases}/{name}?fieldManager={ServerLease.Component}", "application/json", renewed);
                using var answer = await client.SendAsync(put, cancellationToken);
                await answer.Content.ReadAsByteArrayAsync(cancellationToken);
            }
        }
        finally
        {
            await enough.CancelAsync();
            await Task.WhenAll(watchers);
        }
    }

    private static async Task WatchAsync(HttpClient client, string path, CancellationToken enough)
    {
        try
        {
            using var request = Message(HttpMethod.Get, path, null, null);
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, enough);
            await response.Content.CopyToAsync(Stream.Null, enough);
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested)
        {
            // All has been renewed.
        }
    }

    // HTTP/2, as clients in Go speak it. A message tells its version itself; a client's default is only for the calls that make one.
    private static HttpRequestMessage Message(HttpMethod method, string path, string? contentType, byte[]? body)
    {
        var message = new HttpRequestMessage(method, path) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        if (body is not null)
        {
            message.Content = new ByteArrayContent(body) { Headers = { ContentType = contentType is null ? null : new MediaTypeHeaderValue(contentType) } };
        }

        return message;
    }

    [LoggerMessage(1, LogLevel.Debug, "The warm-up ended early")]
    private static partial void LogUnfinished(ILogger logger, Exception error);
}
