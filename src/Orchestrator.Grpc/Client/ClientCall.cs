using System.Net;
using Grpc.Core;
using Orchestrator.Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>One call of a client from its request to its status.</summary>
/// <remarks>
/// A call ends once: by its trailers, its deadline, its canceller, or the transport; the first of them decides the status
/// (<see cref="End"/> is the only place that does). One reader and one writer may work at the same time.
/// </remarks>
internal sealed class ClientCall<TRequest, TResponse> : IDisposable
    where TRequest : class
    where TResponse : class
{
    private readonly GrpcChannel _channel;
    private readonly CallOptions _options;
    private readonly CancellationTokenSource _stop;
    private readonly TaskCompletionSource<Metadata> _headers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<(Status Status, Metadata Trailers)> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PayloadContext _payload = new();
    private readonly ITimer? _deadlineTimer;
    private Task<HttpResponseMessage>? _sending;
    private HttpResponseMessage? _response;
    private MessageReader? _reader;
    private StreamingContent? _requestStream;
    private bool _deadlinePassed;

    public ClientCall(GrpcChannel channel, Method<TRequest, TResponse> method, CallOptions options)
    {
        _channel = channel;
        _options = options;
        Method = method;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(options.CancellationToken, channel.Disposed);
        Stopped = _stop.Token;

        // Nobody has to look at headers or status; a call that fails must not raise an unobserved exception by them.
        _ = _headers.Task.ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        if (options.Deadline is { } deadline && deadline != DateTime.MaxValue)
        {
            Timeout = deadline.ToUniversalTime() - channel.Options.Time.GetUtcNow().UtcDateTime;
            _deadlineTimer = channel.Options.Time.CreateTimer(
                static call => ((ClientCall<TRequest, TResponse>)call!).PassDeadline(),
                this,
                Timeout > TimeSpan.Zero ? Timeout.Value : TimeSpan.Zero,
                System.Threading.Timeout.InfiniteTimeSpan);
        }
    }

    public Method<TRequest, TResponse> Method { get; }

    public Task<Metadata> ResponseHeaders => _headers.Task;

    /// <summary>Fires when the call is cancelled, its deadline has passed or it was disposed.</summary>
    public CancellationToken Stopped { get; }

    private TimeSpan? Timeout { get; }

    public async Task<TResponse> StartUnary(TRequest request)
    {
        Send(OneMessage(request));
        return await ReadOnlyResponseAsync().ConfigureAwait(false);
    }

    public ClientStreamReader<TRequest, TResponse> StartServerStreaming(TRequest request)
    {
        Send(OneMessage(request));
        return new(this);
    }

    public (ClientStreamWriter<TRequest, TResponse> Writer, Task<TResponse> Response) StartClientStreaming() =>
        (StartRequestStream(), ReadOnlyResponseAsync());

    public (ClientStreamWriter<TRequest, TResponse> Writer, ClientStreamReader<TRequest, TResponse> Reader) StartDuplexStreaming() =>
        (StartRequestStream(), new(this));

    public Status GetStatus() => EndOrThrow().Status;

    public Metadata GetTrailers() => EndOrThrow().Trailers;

    public void Cancel()
    {
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The call was disposed at the same moment, which cancels it as well.
        }
    }

    public void Dispose()
    {
        End(Status.DefaultCancelled, Metadata.Empty);
    }

    public void ThrowIfEnded()
    {
        if (_end.Task.IsCompletedSuccessfully)
        {
            throw Failure();
        }
    }

    /// <summary>The exception for a writer whose pipe broke: the status of the call, for which it waits.</summary>
    public async Task<Exception> EndedBecauseAsync(Exception exception)
    {
        if (!Stopped.IsCancellationRequested && _sending is not null)
        {
            // The server has closed its side: trailers or a reset are here already or on their way.
            try
            {
                await _sending.ConfigureAwait(false);
                return _end.Task.IsCompletedSuccessfully
                    ? Failure()
                    : new RpcException(ResponseStatus.OfTransport(exception));
            }
            catch (Exception e) when (e is not RpcException)
            {
                EndBy(e);
            }
        }
        else
        {
            EndBy(exception);
        }

        return Failure();
    }

    /// <summary>The next message, or null at the good end of the stream.</summary>
    public async ValueTask<TResponse?> ReadAsync()
    {
        try
        {
            var reader = _reader ?? await OpenAsync().ConfigureAwait(false);
            if (reader is not null && !_end.Task.IsCompleted && await reader.ReadAsync(Stopped).ConfigureAwait(false))
            {
                return _payload.Deserialize(Method.ResponseMarshaller, reader.Message);
            }

            if (!_end.Task.IsCompleted)
            {
                var trailers = _response!.TrailingHeaders;
                End(
                    ResponseStatus.Of(trailers) ?? new Status(StatusCode.Internal, "The server ended the stream without a status."),
                    ResponseStatus.MetadataOf(trailers));
            }
        }
        catch (RpcException e)
        {
            End(e.Status, e.Trailers);
        }
        catch (Exception e)
        {
            EndBy(e);
        }

        _reader?.Dispose();
        return GetStatus().StatusCode == StatusCode.OK ? null : throw Failure();
    }

    private async Task<TResponse> ReadOnlyResponseAsync()
    {
        var response = await ReadAsync().ConfigureAwait(false);
        if (response is null)
        {
            throw new RpcException(new Status(StatusCode.Internal, "The call ended well, but without a response."));
        }

        if (await ReadAsync().ConfigureAwait(false) is not null)
        {
            Dispose();
            throw new RpcException(new Status(StatusCode.Internal, "More than one response came to a call with one."));
        }

        return response;
    }

    private UnaryContent<TRequest> OneMessage(TRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new(new MessageWriter(RequestEncoding(), _channel.Options.MaxSendMessageSize), Method.RequestMarshaller, request);
    }

    private ClientStreamWriter<TRequest, TResponse> StartRequestStream()
    {
        _requestStream = new StreamingContent();
        var writer = new MessageWriter(RequestEncoding(), _channel.Options.MaxSendMessageSize);
        Send(_requestStream);
        return new(this, _requestStream, writer) { WriteOptions = _options.WriteOptions };
    }

    private string? RequestEncoding() => _options.Headers?.GetValue(GrpcHeaders.RequestEncoding);

    private void Send(HttpContent content)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, _channel.AddressOf(Method))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        content.Headers.ContentType = UnaryContent<TRequest>.GrpcMediaType;
        var headers = request.Headers;
        headers.TryAddWithoutValidation("te", "trailers");
        headers.TryAddWithoutValidation("user-agent", "grpc-dotnet-orchestrator/1.0");
        headers.TryAddWithoutValidation(GrpcHeaders.AcceptEncoding, GrpcHeaders.AcceptedEncodings);
        if (Timeout is { } timeout)
        {
            headers.TryAddWithoutValidation(GrpcHeaders.Timeout, TimeoutHeader.Format(timeout));
        }

        foreach (var entry in _options.Headers ?? Metadata.Empty)
        {
            if (entry.Key == GrpcHeaders.RequestEncoding)
            {
                headers.TryAddWithoutValidation(GrpcHeaders.Encoding, entry.Value);
            }
            else
            {
                headers.TryAddWithoutValidation(entry.Key, MetadataCodec.Encode(entry));
            }
        }

        _sending = _channel.SendAsync(request, Stopped);
        _ = _sending.ContinueWith(
            static (sending, call) => ((ClientCall<TRequest, TResponse>)call!).AfterSending(sending),
            this,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    private void AfterSending(Task<HttpResponseMessage> sending)
    {
        if (!sending.IsCompletedSuccessfully)
        {
            // A writer that waits for the stream must hear that the request failed; readers see the exception themselves.
            _ = sending.Exception;
            _requestStream?.Fail();
        }
        else if (_end.Task.IsCompleted)
        {
            // Disposed in the meantime: nobody will read it.
            sending.Result.Dispose();
        }
    }

    /// <summary>Waits for the response's headers; null if they are the end of the call already.</summary>
    private async ValueTask<MessageReader?> OpenAsync()
    {
        _response = await _sending!.ConfigureAwait(false);
        if (ResponseStatus.Of(_response.Headers) is { } status)
        {
            _headers.TrySetResult(ResponseStatus.MetadataOf(_response.Headers));
            End(status, ResponseStatus.MetadataOf(_response.Headers));
            return null;
        }

        if (_response.StatusCode != HttpStatusCode.OK
            || !GrpcHeaders.IsGrpcContentType(_response.Content.Headers.ContentType?.ToString()))
        {
            End(ResponseStatus.OfHttp(_response.StatusCode), Metadata.Empty);
            return null;
        }

        _headers.TrySetResult(ResponseStatus.MetadataOf(_response.Headers));
        var encoding = _response.Headers.NonValidated.TryGetValues(GrpcHeaders.Encoding, out var encodings) ? encodings.ToString() : null;
        var body = await _response.Content.ReadAsStreamAsync(Stopped).ConfigureAwait(false);
        return _reader = new MessageReader(body, encoding, _channel.Options.MaxReceiveMessageSize);
    }

    private void PassDeadline()
    {
        Volatile.Write(ref _deadlinePassed, true);
        Cancel();
    }

    private void EndBy(Exception exception)
    {
        if (Volatile.Read(ref _deadlinePassed))
        {
            End(new Status(StatusCode.DeadlineExceeded, "", exception), Metadata.Empty);
        }
        else if (Stopped.IsCancellationRequested)
        {
            End(new Status(StatusCode.Cancelled, "Call canceled by the client.", exception), Metadata.Empty);
        }
        else
        {
            End(ResponseStatus.OfTransport(exception), Metadata.Empty);
        }
    }

    private void End(Status status, Metadata trailers)
    {
        if (!_end.TrySetResult((status, trailers)))
        {
            return;
        }

        if (status.StatusCode != StatusCode.OK)
        {
            _headers.TrySetException(new RpcException(status, trailers));
        }

        _deadlineTimer?.Dispose();
        _requestStream?.Complete();
        if (status.StatusCode != StatusCode.OK)
        {
            Cancel();
        }

        // Frees the registrations at long-lived tokens, and resets the stream if it was not read to its end.
        _stop.Dispose();
        _response?.Dispose();
    }

    private Exception Failure()
    {
        var (status, trailers) = EndOrThrow();
        return status.StatusCode == StatusCode.Cancelled && _channel.Options.ThrowOperationCanceledOnCancellation
            ? new OperationCanceledException(status.Detail, status.DebugException, _options.CancellationToken)
            : new RpcException(status, trailers);
    }

    private (Status Status, Metadata Trailers) EndOrThrow() =>
        _end.Task.IsCompletedSuccessfully ? _end.Task.Result : throw new InvalidOperationException("The call has not ended.");
}
