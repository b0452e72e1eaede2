using System.IO.Pipelines;
using System.Buffers;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Orchestrator.ApiServer.Http;

namespace Orchestrator.ApiServer.Watching;

/// <summary>
/// Carries a watch over a WebSocket: each event is a message, text for JSON and binary for protobuf. It takes the place of the answer's body, and
/// upgrades when the first event or the end of the initial ones is flushed; a refusal before that is an ordinary answer.
/// </summary>
internal sealed class WatchSocket : PipeWriter, IHttpResponseBodyFeature, IAsyncDisposable
{
    private readonly HttpContext _context;
    private readonly IHttpResponseBodyFeature _inner;
    private readonly ArrayBufferWriter<byte> _held = new(4096);
    private readonly bool _isText;
    private WebSocket? _socket;
    private volatile bool _isClosing;
    private Task _reading = Task.CompletedTask;

    private WatchSocket(HttpContext context, bool isText)
    {
        (_context, _isText) = (context, isText);
        _inner = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
    }

    public PipeWriter Writer => this;

    public Stream Stream => field ??= AsStream(leaveOpen: true);

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _held.WrittenCount;

    /// <summary>Puts itself before the answer if the client asks for a WebSocket; null otherwise.</summary>
    public static WatchSocket? Attach(HttpContext context, bool isText)
    {
        if (!WebSocketUpgrade.IsAsked(context))
        {
            return null;
        }

        var socket = new WatchSocket(context, isText);
        context.Features.Set<IHttpResponseBodyFeature>(socket);
        return socket;
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) => _held.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => _held.GetSpan(sizeHint);

    public override void Advance(int bytes) => _held.Advance(bytes);

    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_context.Response.StatusCode >= 400)
        {
            await _inner.Writer.WriteAsync(_held.WrittenMemory, cancellationToken);
            _held.ResetWrittenCount();
            return default;
        }

        var socket = _socket ??= await AcceptAsync();
        var rest = _held.WrittenMemory;
        while (!rest.IsEmpty)
        {
            var length = LengthOfFirst(rest.Span);
            await socket.SendAsync(rest[..length], _isText ? WebSocketMessageType.Text : WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
            rest = rest[length..];
        }

        _held.ResetWrittenCount();
        return default;
    }

    /// <summary>Says good-bye.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_socket is null)
        {
            return;
        }

        _isClosing = true;
        if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
        {
            try
            {
                await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
            }
            catch (WebSocketException)
            {
                // The client has gone without a word.
            }
        }

        _socket.Dispose();
        await _reading;
    }

    public override void CancelPendingFlush()
    {
    }

    public override void Complete(Exception? exception = null) => _inner.Writer.Complete(exception);

    public void DisableBuffering() => _inner.DisableBuffering();

    public Task StartAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) => _inner.SendFileAsync(path, offset, count, cancellationToken);

    public Task CompleteAsync() => _inner.CompleteAsync();

    /// <summary>Where the first event ends: behind its line break, or, for protobuf, behind as many bytes as its length in front says.</summary>
    private int LengthOfFirst(ReadOnlySpan<byte> bytes)
    {
        if (_isText)
        {
            var end = bytes.IndexOf((byte)'\n');
            return end < 0 ? bytes.Length : end + 1;
        }

        var length = 4 + (bytes.Length >= 4 ? System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes) : 0);
        return Math.Clamp(length, 1, bytes.Length);
    }

    private async Task<WebSocket> AcceptAsync()
    {
        var socket = await WebSocketUpgrade.AcceptAsync(_context, protocol: "");
        _reading = ReadAsync(socket);
        return socket;
    }

    /// <summary>A watch takes nothing from its client but the end.</summary>
    private async Task ReadAsync(WebSocket socket)
    {
        await WebSocketUpgrade.AwaitEndAsync(socket, CancellationToken.None);
        if (!_isClosing)
        {
            // Ends the watch. When the watch has ended by itself, the good-bye is still on its way and must not be cut off.
            _context.Abort();
        }
    }
}
