using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Logging;
using Orchestrator.ApiServer;
using Orchestrator.Client;

namespace Orchestrator.Hosting;

/// <summary>
/// Sends a new server some hundreds of the commonest requests, dry, over its own front door: code is compiled to its final form after it has run
/// a hundred times, and so it is this program that waits for the compiler and not the first clients. Takes about a second on an idle machine.
/// </summary>
internal static partial class WarmUp
{
    // Times the workers somewhat more than the calls after which the runtime compiles (CallCountThreshold in the project file).
    private const int Rounds = 60;
    private const int Workers = 2;

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
        (HttpMethod.Get, "/api/v1/namespaces?labelSelector=kubernetes.io%2Fmetadata.name%3Ddefault&limit=500", null, ""),
        (HttpMethod.Patch, "/api/v1/namespaces/default?dryRun=All", "application/merge-patch+json", """{"metadata":{"annotations":{"example.com/a":"1"}}}"""),
        (HttpMethod.Patch, "/api/v1/namespaces/default/services/kubernetes/status?dryRun=All", "application/strategic-merge-patch+json",
            """{"status":{"conditions":[{"type":"Warm","status":"True","reason":"Up","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}"""),
        (HttpMethod.Patch, "/api/v1/namespaces/default/configmaps/warm-up?dryRun=All&fieldManager=warm-up", "application/apply-patch+yaml",
            """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"warm-up"},"data":{"a":"1","b":"2"}}"""),
    ];

    /// <summary>Returns when all has been sent; a server that stops or refuses meanwhile is no fault of this.</summary>
    public static async Task RunAsync(ApiServerHost server, ILogger logger, CancellationToken cancellationToken)
    {
        using var certificate = server.Pki.AdminCertificate();
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(server.Pki.Authority.Pem);
        using var handler = HttpClusterClient.MakeHandler(new ClientConfig { Server = server.Url, Authorities = authorities, Certificate = () => certificate });
        using var client = new HttpClient(handler)
        {
            BaseAddress = server.Url,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("orchestrator", "warm-up"));
        client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        try
        {
            await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => SendAsync(client, cancellationToken)));
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
                using var request = new HttpRequestMessage(method, path);
                if (contentType is not null)
                {
                    request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = new MediaTypeHeaderValue(contentType) } };
                }

                using var response = await client.SendAsync(request, cancellationToken);
                await response.Content.ReadAsByteArrayAsync(cancellationToken);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "The warm-up ended early")]
    private static partial void LogUnfinished(ILogger logger, Exception error);
}
