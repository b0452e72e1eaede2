using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Orchestrator.Api;
using Orchestrator.ApiServer.Services;
using Orchestrator.Client;

namespace Orchestrator.ApiServer.Access.Webhooks;

/// <summary>Posts reviews (of access, of tokens) to the server that a kubeconfig names, and reads its answers. Failures that may pass are tried again with growing waits.</summary>
internal sealed class ReviewClient : IDisposable
{
    private const int Attempts = 5;
    private const int AnswerBytesMax = 1 << 20;
    private static readonly TimeSpan FirstBackoffDefault = TimeSpan.FromMilliseconds(500);
    private readonly TimeSpan _firstBackoff;
    private readonly ClientConfig _config;
    private readonly Uri _target;
    private readonly HttpClient _http;
    private readonly TimeProvider _time;

    /// <exception cref="FormatException">The file is no kubeconfig.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public ReviewClient(string kubeconfig, TimeSpan timeout, TimeProvider time, TimeSpan? firstBackoff = null)
    {
        _firstBackoff = firstBackoff ?? FirstBackoffDefault;
        _time = time;
        _config = KubeconfigFile.Load(kubeconfig);

        // Who answers may know how long he is waited for.
        _target = new UriBuilder(_config.Server) { Path = _config.Server.AbsolutePath.TrimEnd('/'), Query = "timeout=" + GoDuration.Format(timeout) }.Uri;
        _http = new HttpClient(HttpClusterClient.MakeHandler(_config)) { Timeout = timeout, MaxResponseContentBufferSize = AnswerBytesMax };
    }

    /// <summary>The answer to a review in JSON. Failures that may pass are tried again.</summary>
    /// <exception cref="HttpRequestException">The server does not answer, or refuses; the message is client-go's.</exception>
    public async Task<byte[]> PostAsync(byte[] body, CancellationToken cancellationToken)
    {
        var backoff = _firstBackoff;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await SendAsync(body, cancellationToken);
            }
            catch (HttpRequestException failure) when (attempt < Attempts && MayPass(failure))
            {
                await Task.Delay(backoff, _time, cancellationToken);
                backoff *= 1.5;
            }
            catch (OperationCanceledException timeout) when (!cancellationToken.IsCancellationRequested)
            {
                throw new HttpRequestException($"Post \"{_target}\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)", timeout);
            }
        }
    }

    /// <summary>The review that a server answered.</summary>
    /// <param name="answer">Its answer.</param>
    /// <param name="apiVersion">The version that it was asked in.</param>
    /// <param name="kind">The kind of review.</param>
    /// <exception cref="HttpRequestException">It is none, or of another version; the message is client-go's.</exception>
    public static T Read<T>(byte[] answer, string apiVersion, string kind)
        where T : ApiStruct, new()
    {
        try
        {
            return ReviewText.Read<T>(answer, apiVersion, kind, ReviewText.ClientScheme);
        }
        catch (FormatException wrong)
        {
            throw new HttpRequestException(wrong.Message, null, HttpStatusCode.OK);
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>A server that is not there will not be there in a second; one that was reset, is overloaded or has stumbled may be.</summary>
    private static bool MayPass(HttpRequestException failure) => failure.StatusCode is { } code
        ? (int)code is 429 || ((int)code >= 500 && code != HttpStatusCode.ServiceUnavailable)
        : failure.InnerException is HttpRequestException { InnerException: IOException { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionReset } } };

    private async Task<byte[]> SendAsync(byte[] body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _target);
        request.Headers.TryAddWithoutValidation("Accept", "application/json, */*");
        request.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        if (_config.Token is { } token)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        HttpResponseMessage answer;
        try
        {
            answer = await _http.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException failure)
        {
            throw new HttpRequestException($"Post \"{_target}\": {ClientFaults.Of(failure, _target)}", failure);
        }

        using (answer)
        {
            var content = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
            if (ClientFaults.Of(answer.StatusCode, answer.Content.Headers.ContentType, content) is { } fault)
            {
                throw new HttpRequestException(fault, null, answer.StatusCode);
            }

            return content;
        }
    }
}
