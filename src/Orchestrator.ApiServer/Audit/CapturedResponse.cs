using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Orchestrator.ApiServer.Audit;

/// <summary>Keeps a copy of an answer's body while it goes out. Stands between the pipeline and the server for requests of level RequestResponse only.</summary>
internal sealed class CapturedResponse(IHttpResponseBodyFeature inner) : PipeWriter, IHttpResponseBodyFeature
{
    /// <summary>Longer answers are recorded without their body: an audit line must not take the memory of a list of everything.</summary>
    private const int BytesMax = 8 << 20;

    private readonly ArrayBufferWriter<byte> _copy = new();
    private Memory<byte> _last;
    private Stream? _stream;

    public ReadOnlyMemory<byte> Body => IsTooLong ? default : _copy.WrittenMemory;

    public bool IsTooLong { get; private set; }

    public PipeWriter Writer => this;

    public Stream Stream => _stream ??= AsStream(leaveOpen: true);

    public override bool CanGetUnflushedBytes => inner.Writer.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.Writer.UnflushedBytes;

    /// <summary>Puts itself in front of a request's answer.</summary>
    public static CapturedResponse Attach(HttpContext context)
    {
        var captured = new CapturedResponse(context.Features.GetRequiredFeature<IHttpResponseBodyFeature>());
        context.Features.Set<IHttpResponseBodyFeature>(captured);
        return captured;
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) => _last = inner.Writer.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        if (_copy.WrittenCount + bytes > BytesMax)
        {
            IsTooLong = true;
        }
        else
        {
            _copy.Write(_last.Span[..bytes]);
        }

        inner.Writer.Advance(bytes);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => inner.Writer.FlushAsync(cancellationToken);

    public override void CancelPendingFlush() => inner.Writer.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => inner.Writer.Complete(exception);

    public void DisableBuffering() => inner.DisableBuffering();

    public Task StartAsync(CancellationToken cancellationToken = default) => inner.StartAsync(cancellationToken);

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) => inner.SendFileAsync(path, offset, count, cancellationToken);

    public Task CompleteAsync() => inner.CompleteAsync();
}
