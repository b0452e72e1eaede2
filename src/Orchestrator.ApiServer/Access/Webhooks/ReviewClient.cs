using System.Net.Http.Headers;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Client;

namespace Orchestrator.ApiServer.Access.Webhooks;

/// <summary>Posts reviews (of access, of tokens) to the server that a kubeconfig names, and reads its answers. Failures are tried again with growing waits.</summary>
internal sealed class ReviewClient : IDisposable
{
    private const int Attempts = 5;
    private const int AnswerBytesMax = 1 << 20;
    private static readonly TimeSpan FirstBackoffDefault = TimeSpan.FromMilliseconds(500);
    private readonly TimeSpan _firstBackoff;
    private readonly ClientConfig _config;
    private readonly HttpClient _http;
    private readonly TimeProvider _time;

    /// <exception cref="FormatException">The file is no kubeconfig.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public ReviewClient(string kubeconfig, TimeSpan timeout, TimeProvider time, TimeSpan? firstBackoff = null)
    {
        _firstBackoff = firstBackoff ?? FirstBackoffDefault;
        _time = time;
        _config = KubeconfigFile.Load(kubeconfig);
        _http = new HttpClient(HttpClusterClient.MakeHandler(_config)) { Timeout = timeout, MaxResponseContentBufferSize = AnswerBytesMax };
    }

    /// <summary>The review with its status filled in.</summary>
    /// <exception cref="HttpRequestException">The server does not answer, or not with a review.</exception>
    public async Task<T> ReviewAsync<T>(T review, CancellationToken cancellationToken)
        where T : ApiStruct, new()
    {
        var answer = await PostAsync(ApiJson.WriteToArray(review), cancellationToken);
        try
        {
            return ApiJson.Read<T>(answer);
        }
        catch (Exception broken) when (broken is System.Text.Json.JsonException or ApiDecodeException)
        {
            throw new HttpRequestException($"{_config.Server} answered something that is no review: {broken.Message}", broken, System.Net.HttpStatusCode.OK);
        }
    }

    /// <summary>The answer to a review in JSON.</summary>
    /// <exception cref="HttpRequestException">The server does not answer.</exception>
    public async Task<byte[]> PostAsync(byte[] body, CancellationToken cancellationToken)
    {
        var backoff = _firstBackoff;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await SendAsync(body, cancellationToken);
            }
            catch (HttpRequestException failure) when (attempt < Attempts && (failure.StatusCode is null || (int)failure.StatusCode is 429 or >= 500))
            {
                await Task.Delay(backoff, _time, cancellationToken);
                backoff *= 1.5;
            }
            catch (OperationCanceledException timeout) when (!cancellationToken.IsCancellationRequested)
            {
                throw new HttpRequestException($"{_config.Server} did not answer within {_http.Timeout}", timeout);
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<byte[]> SendAsync(byte[] body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _config.Server);
        request.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        if (_config.Token is { } token)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        using var answer = await _http.SendAsync(request, cancellationToken);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadAsByteArrayAsync(cancellationToken);
    }
}
