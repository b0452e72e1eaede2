using System.Net.Http.Headers;
using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Orchestrator.ApiServer.Metrics;
using Orchestrator.Client;

namespace Orchestrator.ApiServer.Audit;

/// <summary>Sends events in lists to a server. Requests do not wait for it: a buffer holds what is to be sent, and what does not fit is dropped and counted.</summary>
internal sealed partial class AuditWebhook : IAuditBackend
{
    private const int BufferSize = 10_000;
    private const int Attempts = 5;
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromSeconds(10);
    private readonly Channel<ReadOnlyMemory<byte>> _events = Channel.CreateBounded<ReadOnlyMemory<byte>>(new BoundedChannelOptions(BufferSize) { SingleReader = true });
    private readonly ClientConfig _config;
    private readonly HttpClient _http;
    private readonly AuditOptions _options;
    private readonly TimeProvider _time;
    private readonly Counter _errors;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _work;

    public AuditWebhook(AuditOptions options, Counter errors, TimeProvider time, ILogger<AuditWebhook> logger)
    {
        (_options, _errors, _time, _logger) = (options, errors, time, logger);
        _config = KubeconfigFile.Load(options.WebhookConfigFile!);
        _http = new HttpClient(HttpClusterClient.MakeHandler(_config)) { Timeout = TimeSpan.FromSeconds(30) };
        _work = Task.Run(WorkAsync);
    }

    public string Name => "webhook";

    public ValueTask WriteAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        if (!_events.Writer.TryWrite(json))
        {
            _errors.Increment();
            LogDropped(BufferSize);
        }

        return default;
    }

    public async ValueTask DisposeAsync()
    {
        // What is in the buffer is sent once more before the end, but not retried.
        _events.Writer.TryComplete();
        _stop.CancelAfter(TimeSpan.FromSeconds(5));
        await _work;
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task WorkAsync()
    {
        var batch = new List<ReadOnlyMemory<byte>>();
        try
        {
            while (await _events.Reader.WaitToReadAsync(_stop.Token))
            {
                await GatherAsync(batch);
                await SendAsync(batch);
                batch.Clear();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The end has come before all was sent.
        }
    }

    private async Task GatherAsync(List<ReadOnlyMemory<byte>> batch)
    {
        using var wait = new CancellationTokenSource(_options.WebhookBatchMaxWait, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(wait.Token, _stop.Token);
        try
        {
            while (batch.Count < _options.WebhookBatchMaxSize && await _events.Reader.WaitToReadAsync(both.Token))
            {
                while (batch.Count < _options.WebhookBatchMaxSize && _events.Reader.TryRead(out var one))
                {
                    batch.Add(one);
                }
            }
        }
        catch (OperationCanceledException) when (wait.IsCancellationRequested)
        {
            // The time to gather is over.
        }
    }

    private async Task SendAsync(List<ReadOnlyMemory<byte>> batch)
    {
        var body = new MemoryStream();
        body.Write("{\"kind\":\"EventList\",\"apiVersion\":\"audit.k8s.io/v1\",\"metadata\":{},\"items\":["u8);
        for (var i = 0; i < batch.Count; i++)
        {
            body.Write(i > 0 ? ","u8 : ""u8);
            body.Write(batch[i].Span.TrimEnd((byte)'\n'));
        }

        body.Write("]}"u8);
        var backoff = FirstBackoff;
        for (var attempt = 1; ; attempt++)
        {
            string fault;
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, _config.Server);
                request.Content = new ByteArrayContent(body.GetBuffer(), 0, (int)body.Length) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
                if (_config.Token is { } token)
                {
                    request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
                }

                using var answer = await _http.SendAsync(request, _stop.Token);
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }

                fault = $"{(int)answer.StatusCode} {answer.ReasonPhrase}";
            }
            catch (HttpRequestException e)
            {
                fault = e.Message;
            }
            catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
            {
                fault = "timed out";
            }

            if (attempt == Attempts)
            {
                _errors.Add(batch.Count);
                LogLost(batch.Count, _config.Server, fault);
                return;
            }

            await Task.Delay(backoff, _time, _stop.Token);
            backoff *= 1.5;
        }
    }

    [LoggerMessage(2301, LogLevel.Error, "The audit webhook's buffer of {Size} events is full; events are dropped")]
    private partial void LogDropped(int size);

    [LoggerMessage(2302, LogLevel.Error, "{Count} audit events could not be sent to {Server}: {Reason}")]
    private partial void LogLost(int count, Uri server, string reason);
}
