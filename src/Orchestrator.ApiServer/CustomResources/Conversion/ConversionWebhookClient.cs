using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Orchestrator.Api;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Services;

namespace Orchestrator.ApiServer.CustomResources.Conversion;

/// <summary>Asks the webhooks of definitions to convert objects, and checks what they make of them.</summary>
internal sealed class ConversionWebhookClient(ServiceHttpClients clients, TimeProvider time)
{
    /// <summary>How long a webhook may take; upstream's figure.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <exception cref="ApiException">500: the webhook could not be asked or made nonsense of the object; upstream's words.</exception>
    public async ValueTask<CustomObject> ConvertAsync(CustomResourceConversion conversion, CustomObject obj, string apiVersion, CancellationToken cancellationToken)
    {
        var (uid, message, client, url) = Prepare(conversion, obj, apiVersion);
        using var deadline = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using (message)
            {
                using var answer = await client.SendAsync(message, HttpCompletionOption.ResponseContentRead, both.Token);
                return Read(obj, apiVersion, uid, url, answer.StatusCode, await answer.Content.ReadAsByteArrayAsync(both.Token));
            }
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Failed(obj, $"Post \"{url}\": context deadline exceeded");
        }
        catch (HttpRequestException failure)
        {
            throw Failed(obj, $"Post \"{url}\": {failure.InnerException?.Message ?? failure.Message}");
        }
    }

    /// <summary>As <see cref="ConvertAsync"/>, on the calling thread.</summary>
    public CustomObject Convert(CustomResourceConversion conversion, CustomObject obj, string apiVersion)
    {
        var (uid, message, client, url) = Prepare(conversion, obj, apiVersion);
        using var deadline = new CancellationTokenSource(Patience, time);
        try
        {
            using (message)
            {
                using var answer = client.Send(message, HttpCompletionOption.ResponseContentRead, deadline.Token);
                using var stream = answer.Content.ReadAsStream(deadline.Token);
                using var body = new MemoryStream();
                stream.CopyTo(body);
                return Read(obj, apiVersion, uid, url, answer.StatusCode, body.ToArray());
            }
        }
        catch (OperationCanceledException)
        {
            throw Failed(obj, $"Post \"{url}\": context deadline exceeded");
        }
        catch (HttpRequestException failure)
        {
            throw Failed(obj, $"Post \"{url}\": {failure.InnerException?.Message ?? failure.Message}");
        }
    }

    private (string Uid, HttpRequestMessage Message, HttpClient Client, string Url) Prepare(CustomResourceConversion conversion, CustomObject obj, string apiVersion)
    {
        var config = conversion.Webhook?.ClientConfig ?? throw Failed(obj, "no webhook is configured");
        var versions = conversion.Webhook.ConversionReviewVersions;
        var version = versions.FirstOrDefault(static v => v is "v1" or "v1beta1") ?? throw Failed(obj, "no supported conversion review version");
        var uid = Guid.NewGuid().ToString();
        var review = new ConversionReview
        {
            Kind = "ConversionReview",
            ApiVersion = "apiextensions.k8s.io/" + version,
            Request = new ConversionRequest { Uid = uid, DesiredAPIVersion = apiVersion, Objects = [RawJson.Of(obj)] },
        };
        ServiceTarget target;
        try
        {
            target = config.Service is { } service
                ? clients.ForService(service.Namespace, service.Name, service.Port ?? 443, service.Path ?? "/", config.CaBundle, insecure: false)
                : clients.ForUrl(new Uri(config.Url!), config.CaBundle);
        }
        catch (ServiceResolutionException unknown)
        {
            throw Failed(obj, unknown.Message);
        }

        var content = new ByteArrayContent(ApiJson.WriteToArray(review));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var message = new HttpRequestMessage(HttpMethod.Post, target.Address) { Content = content };
        message.Headers.Host = target.Host;
        return (uid, message, target.Client, target.Shown);
    }

    private static CustomObject Read(CustomObject obj, string apiVersion, string uid, string url, HttpStatusCode code, byte[] body)
    {
        if (code != HttpStatusCode.OK)
        {
            throw Failed(obj, $"Post \"{url}\": the server answered {(int)code} {Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 512)))}");
        }

        ConversionReview review;
        try
        {
            review = ApiJson.Read<ConversionReview>(body);
        }
        catch (Exception broken) when (broken is JsonException or ApiDecodeException)
        {
            throw Failed(obj, "invalid webhook response: " + broken.Message);
        }

        var response = review.Response ?? throw Invalid(obj, "webhook response was absent");
        if (response.Uid != uid)
        {
            throw Invalid(obj, $"expected response.uid={GoText.Quote(uid)}, got {GoText.Quote(response.Uid)}");
        }

        if (response.Result.StatusValue != "Success")
        {
            throw Failed(obj, response.Result.Message.Length > 0 ? response.Result.Message : "unknown");
        }

        if (response.ConvertedObjects.Count != 1)
        {
            throw Internal($"conversion webhook for {Kind(obj)} returned {response.ConvertedObjects.Count} objects, expected 1");
        }

        return Check(obj, apiVersion, response.ConvertedObjects[0]);
    }

    private static CustomObject Check(CustomObject obj, string apiVersion, RawJson raw)
    {
        CustomObject converted;
        try
        {
            converted = (CustomObject)ApiJson.Read(CustomObject.ApiType, raw.Utf8.Span);
        }
        catch (Exception broken) when (broken is JsonException or ApiDecodeException)
        {
            throw Internal($"conversion webhook for {Kind(obj)} returned invalid converted object at index 0: {broken.Message}");
        }

        if (converted.ApiVersion != apiVersion)
        {
            throw Internal($"conversion webhook for {Kind(obj)} returned invalid converted object at index 0: invalid groupVersion (expected {apiVersion}, received {converted.ApiVersion})");
        }

        if (converted.Kind != obj.Kind)
        {
            throw Internal($"conversion webhook for {Kind(obj)} returned invalid converted object at index 0: invalid kind (expected {obj.Kind}, received {converted.Kind})");
        }

        // Labels and annotations may be converted; the rest of the metadata is not the webhook's business.
        var (before, after) = (obj.Metadata, converted.Metadata);
        foreach (var (name, was, now) in (ReadOnlySpan<(string, string, string)>)[("name", before.Name, after.Name), ("namespace", before.Namespace, after.Namespace), ("UID", before.Uid, after.Uid)])
        {
            if (was != now)
            {
                throw Internal($"conversion webhook for {Kind(obj)} returned invalid metadata in object at index 0: must have the same {name}: {GoText.Quote(was)} != {GoText.Quote(now)}");
            }
        }

        return converted with { Metadata = before with { Labels = after.Labels, Annotations = after.Annotations } };
    }

    private static string Kind(CustomObject obj) => obj.ApiVersion + ", Kind=" + obj.Kind;

    private static ApiException Invalid(CustomObject obj, string why) => Internal($"invalid response from conversion webhook for {Kind(obj)}: {why}");

    private static ApiException Failed(CustomObject obj, string why) => Internal($"conversion webhook for {Kind(obj)} failed: {why}");

    private static ApiException Internal(string message) => Errors.Make(500, "", message, null);
}
