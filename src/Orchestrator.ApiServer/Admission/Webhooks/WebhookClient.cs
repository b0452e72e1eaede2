using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.Admission.V1;
using Orchestrator.Api.AdmissionRegistration.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Discovery.V1;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Metrics;
using Orchestrator.ApiServer.Services;

namespace Orchestrator.ApiServer.Admission.Webhooks;

/// <summary>Calls webhooks over HTTPS: by URL, or by a service, whose ready endpoints are found here, so that no service proxy is needed on the server's host.</summary>
public sealed class WebhookClient(IObjectLister objects, TimeProvider time, Random random) : IDisposable
{
    /// <summary>More than any review's answer needs; a webhook must not fill the server's memory.</summary>
    private const int AnswerMax = 3 * 1024 * 1024;

    /// <summary>How often somebody is asked who wants to be asked later; client-go's figure.</summary>
    private const int AttemptsMax = 11;

    private readonly ConcurrentDictionary<(string Host, string Authorities), HttpClient> _clients = [];
    private readonly Lock _randomLock = new();

    public void Dispose()
    {
        foreach (var client in _clients.Values)
        {
            client.Dispose();
        }
    }

    /// <summary>Counts and times the calls; null does not.</summary>
    internal AdmissionInstruments? Instruments { get; init; }

    /// <param name="hook">Whom to call.</param>
    /// <param name="type"><c>admit</c> for a mutating webhook, else <c>validating</c>.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <exception cref="WebhookException">It could not be called, or answered nonsense; upstream's words.</exception>
    internal async ValueTask<AdmissionResponse> CallAsync(Webhook hook, string type, AdmissionRequest request, CancellationToken cancellationToken)
    {
        if (Instruments is not { } instruments)
        {
            return await SendAsync(hook, type == "admit", request, cancellationToken);
        }

        var startedAt = instruments.Time.GetTimestamp();
        AdmissionResponse? answer = null;
        try
        {
            return answer = await SendAsync(hook, type == "admit", request, cancellationToken);
        }
        finally
        {
            instruments.WebhookCalled(hook.Name, request.Operation, type, rejected: answer is not { Allowed: true }, answered: answer is not null, startedAt);
        }
    }

    private async ValueTask<AdmissionResponse> SendAsync(Webhook hook, bool mutates, AdmissionRequest request, CancellationToken cancellationToken)
    {
        var version = hook.ReviewVersions.FirstOrDefault(static v => v is "v1" or "v1beta1")
            ?? throw new WebhookException("could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)");
        var apiVersion = "admission.k8s.io/" + version;
        var seconds = (long)hook.Timeout.TotalSeconds;
        var url = UrlOf(hook.Client, seconds);
        var review = ApiJson.WriteToArray(new AdmissionReview { Kind = "AdmissionReview", ApiVersion = apiVersion, Request = request });
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(hook.Timeout);
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                var (client, target) = Resolve(hook.Client, url);
                using var answer = await SendAsync(client, target, url, review, deadline.Token);
                if (attempt < AttemptsMax && ((int)answer.StatusCode == 429 || (int)answer.StatusCode >= 500) && answer.Headers.RetryAfter?.Delta is { } pause)
                {
                    await Task.Delay(pause, time, deadline.Token);
                    continue;
                }

                var body = await answer.Content.ReadAsByteArrayAsync(deadline.Token);
                if (ClientFaults.Of(answer.StatusCode, answer.Content.Headers.ContentType, body) is { } fault)
                {
                    throw new WebhookException("failed to call webhook: " + fault);
                }

                return ReviewAnswer.Read(body, apiVersion, mutates, request.Uid);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failed(url, "context deadline exceeded");
        }
        catch (HttpRequestException e)
        {
            throw Failed(url, ClientFaults.Of(e, url), e);
        }
    }

    private static async ValueTask<HttpResponseMessage> SendAsync(HttpClient client, Uri target, Uri url, byte[] review, CancellationToken cancellationToken)
    {
        using var content = new ByteArrayContent(review);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var message = new HttpRequestMessage(HttpMethod.Post, target) { Content = content };
        message.Headers.Host = url.Authority;
        message.Headers.TryAddWithoutValidation("Accept", "application/json, */*");
        message.Headers.TryAddWithoutValidation("User-Agent", "kube-apiserver-admission");
        return await client.SendAsync(message, HttpCompletionOption.ResponseContentRead, cancellationToken);
    }

    private static Uri UrlOf(WebhookClientConfig config, long seconds)
    {
        var address = config.Url ?? (config.Service is { } service
            ? $"https://{service.Name}.{service.Namespace}.svc:{service.Port ?? 443}{(service.Path is { Length: > 0 } path ? (path[0] == '/' ? path : "/" + path) : "/")}"
            : throw new WebhookException("failed to call webhook: neither url nor service is set"));
        return new Uri(address + (address.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "timeout=" + seconds + "s");
    }

    /// <summary>The client that trusts the webhook's CA and expects its name, and the address to send to.</summary>
    private (HttpClient Client, Uri Target) Resolve(WebhookClientConfig config, Uri url)
    {
        var authorities = config.CaBundle is { Length: > 0 } bundle ? Encoding.UTF8.GetString(bundle) : "";
        var client = _clients.GetOrAdd((url.Host, authorities), static key => MakeClient(key.Host, key.Authorities));
        return (client, config.Service is { } service ? At(url, Endpoint(service, url)) : url);
    }

    private static Uri At(Uri url, IPEndPoint endpoint) => new($"https://{endpoint}{url.PathAndQuery}");

    private static HttpClient MakeClient(string host, string authorities)
    {
        var options = new SslClientAuthenticationOptions
        {
            // The name of the service, though the connection goes to one of its endpoints.
            TargetHost = host,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            RemoteCertificateValidationCallback = ClientFaults.Verify,
        };
        if (authorities.Length > 0)
        {
            var trusted = new X509Certificate2Collection();
            trusted.ImportFromPem(authorities);
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
            policy.CustomTrustStore.AddRange(trusted);
            options.CertificateChainPolicy = policy;
        }

        var handler = new SocketsHttpHandler { SslOptions = options, PooledConnectionLifetime = TimeSpan.FromMinutes(5), AllowAutoRedirect = false, UseCookies = false, UseProxy = false, AutomaticDecompression = DecompressionMethods.GZip };

        // The deadline is the webhook's own.
        return new HttpClient(handler) { Timeout = System.Threading.Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = AnswerMax };
    }

    /// <summary>A ready endpoint of a service's port, by chance.</summary>
    private IPEndPoint Endpoint(ServiceReference reference, Uri url)
    {
        var service = objects.Get<Service>(reference.Namespace, reference.Name) ?? throw Failed(url, $"service \"{reference.Name}\" not found");
        var number = reference.Port ?? 443;
        var port = service.Spec.Ports.FirstOrDefault(p => p.Port == number)
            ?? throw Failed(url, $"no service port {number} found for service \"{reference.Name}\"");
        if (service.Spec.Type == "ExternalName")
        {
            throw Failed(url, $"service \"{reference.Name}\" is of type ExternalName, which webhooks cannot use");
        }

        var found = new List<IPEndPoint>();
        foreach (var slice in objects.List<EndpointSlice>(reference.Namespace))
        {
            if (slice.Metadata.Labels.GetValueOrDefault("kubernetes.io/service-name") != reference.Name
                || slice.Ports.FirstOrDefault(p => (p.Name ?? "") == port.Name) is not { Port: { } targetPort })
            {
                continue;
            }

            foreach (var endpoint in slice.Endpoints)
            {
                if (endpoint.Conditions.Ready != false && endpoint.Addresses.Count > 0 && IPAddress.TryParse(endpoint.Addresses[0], out var address))
                {
                    found.Add(new IPEndPoint(address, targetPort));
                }
            }
        }

        if (found.Count > 0)
        {
            lock (_randomLock)
            {
                return found[random.Next(found.Count)];
            }
        }

        // Without endpoints of its own the address may still be answered, by somebody's proxy.
        return IPAddress.TryParse(service.Spec.ClusterIP, out var clusterAddress)
            ? new IPEndPoint(clusterAddress, number)
            : throw Failed(url, $"no endpoints available for service \"{reference.Name}\"");
    }

    private static WebhookException Failed(Uri url, string why, Exception? inner = null) => new($"failed to call webhook: Post \"{Shown(url)}\": {why}", inner);

    // System.Uri leaves out the port that the scheme implies; upstream shows it.
    private static string Shown(Uri url) => url.IsDefaultPort && url.Host.EndsWith(".svc", StringComparison.Ordinal) ? $"https://{url.Host}:{url.Port}{url.PathAndQuery}" : url.ToString();
}
