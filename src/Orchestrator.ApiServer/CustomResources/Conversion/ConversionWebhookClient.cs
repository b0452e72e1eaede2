using System.Net.Http.Headers;
using Orchestrator.Api;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Services;

namespace Orchestrator.ApiServer.CustomResources.Conversion;

/// <summary>Asks the webhooks of definitions to convert objects, and checks what they make of them.</summary>
internal sealed class ConversionWebhookClient(ServiceHttpClients clients, ConversionInstruments instruments, TimeProvider time)
{
    /// <summary>How long a webhook may take; upstream's figure.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <exception cref="ApiException">500: the webhook could not be asked or made nonsense of the object; upstream's words.</exception>
    public async ValueTask<CustomObject> ConvertAsync(CustomResourceConversion conversion, CustomObject obj, string apiVersion, string definition, CancellationToken cancellationToken)
    {
        var startedAt = time.GetTimestamp();
        try
        {
            var converted = await AskAsync(conversion, obj, apiVersion, cancellationToken);
            Count(definition, obj, apiVersion, "", startedAt);
            return converted;
        }
        catch (ConversionException failed)
        {
            Count(definition, obj, apiVersion, failed.Failure, startedAt);
            throw Errors.Make(500, "", failed.Message, null);
        }
    }

    /// <summary>As <see cref="ConvertAsync"/>, on the calling thread.</summary>
    public CustomObject Convert(CustomResourceConversion conversion, CustomObject obj, string apiVersion, string definition)
    {
        var startedAt = time.GetTimestamp();
        try
        {
            var converted = Ask(conversion, obj, apiVersion);
            Count(definition, obj, apiVersion, "", startedAt);
            return converted;
        }
        catch (ConversionException failed)
        {
            Count(definition, obj, apiVersion, failed.Failure, startedAt);
            throw Errors.Make(500, "", failed.Message, null);
        }
    }

    private void Count(string definition, CustomObject obj, string apiVersion, string failure, long startedAt) =>
        instruments.Asked(definition, obj.ApiVersion[(obj.ApiVersion.IndexOf('/', StringComparison.Ordinal) + 1)..], apiVersion[(apiVersion.IndexOf('/', StringComparison.Ordinal) + 1)..], failure, time.GetElapsedTime(startedAt));

    private async ValueTask<CustomObject> AskAsync(CustomResourceConversion conversion, CustomObject obj, string apiVersion, CancellationToken cancellationToken)
    {
        var (uid, version, message, client, url) = Prepare(conversion, obj, apiVersion);
        using var deadline = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using (message)
            {
                using var answer = await client.SendAsync(message, HttpCompletionOption.ResponseContentRead, both.Token);
                return Read(obj, apiVersion, uid, version, answer, await answer.Content.ReadAsByteArrayAsync(both.Token));
            }
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Failed(obj, $"Post \"{url}\": context deadline exceeded");
        }
        catch (HttpRequestException failure)
        {
            throw Failed(obj, $"Post \"{url}\": {ClientFaults.Of(failure, url)}");
        }
    }

    private CustomObject Ask(CustomResourceConversion conversion, CustomObject obj, string apiVersion)
    {
        var (uid, version, message, client, url) = Prepare(conversion, obj, apiVersion);
        using var deadline = new CancellationTokenSource(Patience, time);
        try
        {
            using (message)
            {
                using var answer = client.Send(message, HttpCompletionOption.ResponseContentRead, deadline.Token);
                using var stream = answer.Content.ReadAsStream(deadline.Token);
                using var body = new MemoryStream();
                stream.CopyTo(body);
                return Read(obj, apiVersion, uid, version, answer, body.ToArray());
            }
        }
        catch (OperationCanceledException)
        {
            throw Failed(obj, $"Post \"{url}\": context deadline exceeded");
        }
        catch (HttpRequestException failure)
        {
            throw Failed(obj, $"Post \"{url}\": {ClientFaults.Of(failure, url)}");
        }
    }

    private (string Uid, string Version, HttpRequestMessage Message, HttpClient Client, Uri Url) Prepare(CustomResourceConversion conversion, CustomObject obj, string apiVersion)
    {
        var config = conversion.Webhook?.ClientConfig ?? throw Failed(obj, "no webhook is configured");
        var versions = conversion.Webhook.ConversionReviewVersions;
        var version = versions.FirstOrDefault(static v => v is "v1" or "v1beta1") ?? throw new ConversionException(ConversionException.Call, "no supported conversion review versions");
        var uid = Guid.NewGuid().ToString();
        var review = new ConversionReview
        {
            Kind = "ConversionReview",
            ApiVersion = "apiextensions.k8s.io/" + version,
            // Which revision it is of is not the webhook's business.
            Request = new ConversionRequest { Uid = uid, DesiredAPIVersion = apiVersion, Objects = [RawJson.Of(obj with { Metadata = obj.Metadata with { ResourceVersion = "" } })] },
            Response = new ConversionResponse(),
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
        var message = new HttpRequestMessage(HttpMethod.Post, Timed(target.Address)) { Content = content };
        message.Headers.Host = target.Host;
        message.Headers.TryAddWithoutValidation("Accept", "application/json, */*");
        return (uid, review.ApiVersion, message, target.Client, Timed(new Uri(target.Shown)));
    }

    /// <summary>The webhook is told how long it is waited for.</summary>
    private static Uri Timed(Uri url) => new(url.OriginalString + (url.Query.Length > 0 ? "&" : "?") + "timeout=" + GoDuration.Format(Patience));

    private static CustomObject Read(CustomObject obj, string apiVersion, string uid, string version, HttpResponseMessage answer, byte[] body)
    {
        if (ClientFaults.Of(answer.StatusCode, answer.Content.Headers.ContentType, body) is { } fault)
        {
            throw Failed(obj, fault);
        }

        ConversionReview review;
        try
        {
            review = ReviewText.Read<ConversionReview>(body, version, "ConversionReview", ReviewText.WebhookScheme);
        }
        catch (FormatException broken)
        {
            throw Failed(obj, broken.Message);
        }

        var isOld = version.EndsWith("/v1beta1", StringComparison.Ordinal);
        if (!isOld && (review.Kind.Length == 0 || review.ApiVersion.Length == 0))
        {
            throw Malformed(obj, $"expected webhook response of {version}, Kind=ConversionReview, got {(review.ApiVersion.Length == 0 ? "/" : review.ApiVersion)}, Kind={review.Kind}");
        }

        var response = review.Response ?? throw Malformed(obj, "no response provided");
        if (!isOld && response.Uid != uid)
        {
            throw Malformed(obj, $"expected response.uid={GoText.Quote(uid)}, got {GoText.Quote(response.Uid)}");
        }

        if (response.Result.StatusValue != "Success")
        {
            throw Malformed(obj, response.Result.Message.Length > 0 ? response.Result.Message : $"response.result.status was '{response.Result.StatusValue}', not 'Success'");
        }

        if (response.ConvertedObjects.Count != 1)
        {
            throw new ConversionException(ConversionException.Partial, $"conversion webhook for {Kind(obj)} returned {response.ConvertedObjects.Count} objects, expected 1");
        }

        try
        {
            return ConvertedObject.Check(obj, apiVersion, response.ConvertedObjects[0]);
        }
        catch (FormatException wrong)
        {
            throw new ConversionException(ConversionException.Invalid, wrong.Message);
        }
    }

    private static string Kind(CustomObject obj) => obj.ApiVersion + ", Kind=" + obj.Kind;

    private static ConversionException Failed(CustomObject obj, string why) => new(ConversionException.Call, $"conversion webhook for {Kind(obj)} failed: {why}");

    private static ConversionException Malformed(CustomObject obj, string why) => new(ConversionException.Malformed, $"conversion webhook for {Kind(obj)} failed: {why}");
}
