using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;
using Orchestrator.Grpc.Wire;

namespace Grpc.AspNetCore.Server;

/// <summary>One call that the server answers: from the request's headers to the trailers.</summary>
internal sealed partial class ServerCall : ServerCallContext
{
    private readonly GrpcServiceOptions _options;
    private readonly CancellationTokenSource _stop;
    private readonly MessageReader _reader;
    private readonly MessageWriter _writer;
    private readonly PayloadContext _payload = new();
    private readonly DateTime _deadline = DateTime.MaxValue;
    private readonly bool _compress;
    private Metadata? _requestHeaders;
    private Dictionary<object, object>? _userState;

    private ServerCall(HttpContext context, GrpcServiceOptions options, CancellationTokenSource stop, DateTime deadline)
    {
        HttpContext = context;
        _options = options;
        _stop = stop;
        _deadline = deadline;
        var encoding = context.Request.Headers[GrpcHeaders.Encoding].ToString();
        _reader = new MessageReader(context.Request.Body, encoding, options.MaxReceiveMessageSize);
        _compress = options.ResponseCompressionAlgorithm == GrpcHeaders.Gzip
            && context.Request.Headers[GrpcHeaders.AcceptEncoding].ToString().Contains(GrpcHeaders.Gzip, StringComparison.Ordinal);
        _writer = new MessageWriter(_compress ? GrpcHeaders.Gzip : null, options.MaxSendMessageSize);
    }

    public HttpContext HttpContext { get; }

    protected override string MethodCore => HttpContext.Request.Path.Value ?? "";

    protected override string HostCore => HttpContext.Request.Host.Value ?? "";

    protected override string PeerCore => HttpContext.Connection.RemoteIpAddress switch
    {
        { AddressFamily: AddressFamily.InterNetworkV6 } a => $"ipv6:[{a}]:{HttpContext.Connection.RemotePort}",
        IPAddress a => $"ipv4:{a}:{HttpContext.Connection.RemotePort}",
        null => "unix:",
    };

    protected override DateTime DeadlineCore => _deadline;

    protected override Metadata RequestHeadersCore => _requestHeaders ??= ReadRequestHeaders();

    protected override CancellationToken CancellationTokenCore => _stop.Token;

    protected override Metadata ResponseTrailersCore { get; } = [];

    protected override Status StatusCore { get; set; }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override IDictionary<object, object> UserStateCore => _userState ??= [];

    /// <summary>Serves a request; what the service throws becomes the status.</summary>
    public static async Task RunAsync(
        HttpContext context, GrpcServiceOptions options, TimeProvider time, ILogger logger, Func<ServerCall, Task> serve)
    {
        if (!await AcceptAsync(context))
        {
            return;
        }

        var deadline = DateTime.MaxValue;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        var deadlinePassed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ITimer? timer = null;
        if (TimeoutHeader.TryParse(context.Request.Headers[GrpcHeaders.Timeout], out var timeout))
        {
            var now = time.GetUtcNow().UtcDateTime;
            deadline = timeout < DateTime.MaxValue - now ? now + timeout : DateTime.MaxValue;

            // A timer holds 49 days; what lies beyond is no deadline that this process will see.
            timer = timeout < TimeSpan.FromDays(49) ? time.CreateTimer(_ => deadlinePassed.TrySetResult(), null, timeout, Timeout.InfiniteTimeSpan) : null;
        }

        // A stream may be slow on purpose, and its size is bounded per message.
        context.Features.Get<IHttpMinRequestBodyDataRateFeature>()?.MinDataRate = null;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } bodySize)
        {
            bodySize.MaxRequestBodySize = null;
        }

        var call = new ServerCall(context, options, stop, deadline);
        await using (timer)
        {
            var serving = call.ServeAsync(serve, logger);
            if (await Task.WhenAny(serving, deadlinePassed.Task) == serving)
            {
                await call.EndAsync(await serving);
                return;
            }

            // The client hears of it at once; the service still gets the time to notice its token.
            await call.EndAsync(new Status(StatusCode.DeadlineExceeded, "Deadline Exceeded"));
            await context.Response.CompleteAsync();
            await stop.CancelAsync();
            await serving;
        }
    }

    /// <summary>The next request, or null at the end of the stream.</summary>
    public async ValueTask<T?> ReadAsync<T>(Marshaller<T> marshaller, CancellationToken cancellationToken)
        where T : class
    {
        using var linked = cancellationToken.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, cancellationToken) : null;
        return await _reader.ReadAsync(linked?.Token ?? _stop.Token) ? _payload.Deserialize(marshaller, _reader.Message) : null;
    }

    /// <summary>The request of a call that has exactly one.</summary>
    public async ValueTask<T> ReadOnlyAsync<T>(Marshaller<T> marshaller)
        where T : class
    {
        var message = await ReadAsync(marshaller, CancellationToken.None)
            ?? throw new RpcException(new Status(StatusCode.Internal, "The call has no request message."));
        return await _reader.ReadAsync(_stop.Token)
            ? throw new RpcException(new Status(StatusCode.Internal, "The call has more than one request message."))
            : message;
    }

    /// <summary>Sends a message.</summary>
    public async Task WriteAsync<T>(Marshaller<T> marshaller, T message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        using var linked = cancellationToken.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, cancellationToken) : null;
        var token = linked?.Token ?? _stop.Token;
        token.ThrowIfCancellationRequested();
        var flags = (WriteOptions ?? WriteOptions.Default).Flags;
        StartResponse();
        var frame = _writer.Frame(marshaller, message, !flags.HasFlag(WriteFlags.NoCompress));
        if (flags.HasFlag(WriteFlags.BufferHint))
        {
            frame.Span.CopyTo(HttpContext.Response.BodyWriter.GetSpan(frame.Length));
            HttpContext.Response.BodyWriter.Advance(frame.Length);
        }
        else
        {
            await HttpContext.Response.BodyWriter.WriteAsync(frame, token);
        }
    }

    /// <summary>Puts the only response into the buffer; the trailers that follow send it along.</summary>
    public Task WriteLastAsync<T>(Marshaller<T> marshaller, T? message)
        where T : class
    {
        if (message is null)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "No message returned from method."));
        }

        WriteOptions = new WriteOptions((WriteOptions ?? WriteOptions.Default).Flags | WriteFlags.BufferHint);
        return WriteAsync(marshaller, message, CancellationToken.None);
    }

    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        if (HttpContext.Response.HasStarted)
        {
            throw new InvalidOperationException("The headers of the response have been sent.");
        }

        foreach (var entry in responseHeaders)
        {
            HttpContext.Response.Headers.Append(entry.Key, MetadataCodec.Encode(entry));
        }

        StartResponse();
        return HttpContext.Response.BodyWriter.FlushAsync(_stop.Token).AsTask();
    }

    private static async ValueTask<bool> AcceptAsync(HttpContext context)
    {
        if (!HttpProtocol.IsHttp2(context.Request.Protocol) && !HttpProtocol.IsHttp3(context.Request.Protocol))
        {
            context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            context.Response.Headers.Upgrade = "h2c";
            await context.Response.WriteAsync("gRPC needs HTTP/2.");
            return false;
        }

        if (!GrpcHeaders.IsGrpcContentType(context.Request.ContentType))
        {
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            await context.Response.WriteAsync($"Content-Type {context.Request.ContentType} is not {GrpcHeaders.ContentType}.");
            return false;
        }

        context.Response.ContentType = GrpcHeaders.ContentType;
        return true;
    }

    private async Task<Status> ServeAsync(Func<ServerCall, Task> serve, ILogger logger)
    {
        try
        {
            await serve(this);
            return Status;
        }
        catch (RpcException e)
        {
            foreach (var entry in e.Trailers)
            {
                ResponseTrailers.Add(entry);
            }

            return e.Status;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return Status.DefaultCancelled;
        }
        catch (Exception e)
        {
            if (_stop.IsCancellationRequested)
            {
                return new Status(StatusCode.Cancelled, "", e);
            }

            LogFailed(logger, MethodCore, e);
            return new Status(
                StatusCode.Unknown,
                _options.EnableDetailedErrors == true ? $"Exception was thrown by handler. {e.GetType().Name}: {e.Message}" : "Exception was thrown by handler.");
        }
        finally
        {
            _reader.Dispose();
        }
    }

    private void StartResponse()
    {
        if (_compress && !HttpContext.Response.HasStarted)
        {
            HttpContext.Response.Headers[GrpcHeaders.Encoding] = GrpcHeaders.Gzip;
        }
    }

    private async Task EndAsync(Status status)
    {
        if (HttpContext.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        var response = HttpContext.Response;
        response.AppendTrailer(GrpcHeaders.Status, ((int)status.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (status.Detail.Length > 0)
        {
            response.AppendTrailer(GrpcHeaders.Message, StatusMessage.Encode(status.Detail));
        }

        foreach (var entry in ResponseTrailers)
        {
            response.AppendTrailer(entry.Key, MetadataCodec.Encode(entry));
        }

        if (!response.HasStarted)
        {
            await response.StartAsync();
        }
    }

    private Metadata ReadRequestHeaders()
    {
        var metadata = new Metadata();
        foreach (var (name, values) in HttpContext.Request.Headers)
        {
            if (GrpcHeaders.IsReserved(name))
            {
                continue;
            }

            foreach (var value in values)
            {
                MetadataCodec.Add(metadata, name, value ?? "");
            }
        }

        return metadata;
    }

    [LoggerMessage(2001, LogLevel.Error, "The service failed in {Method}")]
    private static partial void LogFailed(ILogger logger, string method, Exception exception);
}
