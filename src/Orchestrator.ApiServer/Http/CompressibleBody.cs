using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Orchestrator.ApiServer.Http;

/// <summary>
/// An answer's body that is compressed if it turns out to be large: upstream's rule is gzip at its fastest beyond 128 KiB, for those who accept it. An
/// answer of known length is decided at once, so small ones pass without a copy.
/// </summary>
internal sealed class CompressibleBody : PipeWriter, IHttpResponseBodyFeature
{
    public const int Threshold = 128 * 1024;
    private const int SmallWriteMax = 16 * 1024;

    private readonly HttpResponse _response;
    private readonly IHttpResponseBodyFeature _inner;
    private ArrayBufferWriter<byte>? _held;
    private GZipStream? _gzip;
    private State _state;

    private CompressibleBody(HttpResponse response, IHttpResponseBodyFeature inner) => (_response, _inner) = (response, inner);

    private enum State : byte
    {
        Undecided,
        Plain,
        Compressed,
    }

    public PipeWriter Writer => this;

    public Stream Stream => field ??= AsStream(leaveOpen: true);

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _state == State.Plain ? _inner.Writer.UnflushedBytes : _held?.WrittenCount ?? 0;

    /// <summary>Puts itself before the answer of a request whose client accepts gzip, if the answer may be large; null for all others.</summary>
    public static CompressibleBody? Attach(HttpContext context, RequestInfo info)
    {
        if (info.IsLongRunning || IsSmallWrite(context.Request) || !Accepts(context.Request.Headers.AcceptEncoding.ToString()))
        {
            return null;
        }

        var body = new CompressibleBody(context.Response, context.Features.GetRequiredFeature<IHttpResponseBodyFeature>());
        context.Features.Set<IHttpResponseBodyFeature>(body);
        return body;
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        DecideByLength();
        return _state == State.Plain ? _inner.Writer.GetMemory(sizeHint) : (_held ??= new(4096)).GetMemory(sizeHint);
    }

    public override Span<byte> GetSpan(int sizeHint = 0)
    {
        DecideByLength();
        return _state == State.Plain ? _inner.Writer.GetSpan(sizeHint) : (_held ??= new(4096)).GetSpan(sizeHint);
    }

    public override void Advance(int bytes)
    {
        if (_state == State.Plain)
        {
            _inner.Writer.Advance(bytes);
            return;
        }

        _held!.Advance(bytes);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_state == State.Plain)
        {
            return _inner.Writer.FlushAsync(cancellationToken);
        }

        // What is still small is held back: it may be all there is.
        return _state == State.Undecided && (_held?.WrittenCount ?? 0) <= Threshold ? default : CompressHeldAsync(cancellationToken);
    }

    /// <summary>Forgets what was not sent, since another answer takes its place.</summary>
    public void Discard()
    {
        if (!_response.HasStarted)
        {
            (_held, _state) = (null, State.Plain);
        }
    }

    /// <summary>Sends what is left. To be called when the answer is written; does nothing if it failed half-way.</summary>
    public async ValueTask FinishAsync(CancellationToken cancellationToken)
    {
        if (_state == State.Undecided && _held is { WrittenCount: > 0 } small)
        {
            if (small.WrittenCount > Threshold)
            {
                await CompressHeldAsync(cancellationToken);
            }
            else
            {
                _state = State.Plain;
                _response.ContentLength ??= small.WrittenCount;
                await _inner.Writer.WriteAsync(small.WrittenMemory, cancellationToken);
            }
        }

        if (_state == State.Compressed)
        {
            await CompressHeldAsync(cancellationToken);
            await _gzip!.DisposeAsync();
            await _inner.Writer.FlushAsync(cancellationToken);
        }
    }

    public override void CancelPendingFlush() => _inner.Writer.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => _inner.Writer.Complete(exception);

    public void DisableBuffering() => _inner.DisableBuffering();

    public Task StartAsync(CancellationToken cancellationToken = default) => _inner.StartAsync(cancellationToken);

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) => _inner.SendFileAsync(path, offset, count, cancellationToken);

    public Task CompleteAsync() => _inner.CompleteAsync();

    /// <summary>An object comes back a little larger than it was sent, by its managedFields and defaults: small bodies need no body of ours before the answer.</summary>
    private static bool IsSmallWrite(HttpRequest request) =>
        (HttpMethods.IsPut(request.Method) || HttpMethods.IsPost(request.Method)) && request.ContentLength < SmallWriteMax;

    private static bool Accepts(string encodings)
    {
        foreach (var range in encodings.AsSpan().Split(','))
        {
            if (encodings.AsSpan(range).Trim() is "gzip")
            {
                return true;
            }
        }

        return false;
    }

    private void DecideByLength()
    {
        if (_state == State.Undecided && _response.ContentLength is { } length && length <= Threshold)
        {
            _state = State.Plain;
        }
    }

    private async ValueTask<FlushResult> CompressHeldAsync(CancellationToken cancellationToken)
    {
        if (_gzip is null)
        {
            _state = State.Compressed;
            _response.Headers.ContentEncoding = "gzip";
            _response.Headers.Append("Vary", "Accept-Encoding");
            _response.ContentLength = null;
            _gzip = new GZipStream(_inner.Writer.AsStream(leaveOpen: true), CompressionLevel.Fastest, leaveOpen: true);
        }

        if (_held is { WrittenCount: > 0 } held)
        {
            await _gzip.WriteAsync(held.WrittenMemory, cancellationToken);
            held.ResetWrittenCount();
        }

        return new FlushResult(isCanceled: false, isCompleted: false);
    }
}
