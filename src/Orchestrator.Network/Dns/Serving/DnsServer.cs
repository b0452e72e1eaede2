using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Orchestrator.Network.Dns.Forwarding;
using Orchestrator.Network.Dns.Wire;

namespace Orchestrator.Network.Dns.Serving;

/// <summary>Listens on UDP and TCP, answers what it can at once, and lets the rest wait for servers above.</summary>
/// <remarks>
/// Datagrams are answered on threads of their own, which block in the kernel: receive, look up, send, and not one allocation.
/// Only questions that have to wait leave these threads.
/// </remarks>
internal sealed partial class DnsServer(
    DnsServerOptions options,
    DnsResponder responder,
    Forwarder forwarder,
    AliasFollower aliases,
    TimeProvider time,
    ILogger<DnsServer> logger) : IAsyncDisposable
{
    private const int StreamMessageMax = ushort.MaxValue;
    private const int QuerySizeMax = 4096;
    private const int ReceiveBufferSize = 4 << 20;

    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Thread> _workers = [];
    private readonly PendingWork _pending = new();
    private Socket? _datagrams;
    private Socket? _streams;
    private int _connections;
    private int _disposed;

    /// <summary>Where the server listens, once it does.</summary>
    public IPEndPoint? LocalEndpoint { get; private set; }

    /// <summary>Binds both sockets and starts to answer.</summary>
    /// <exception cref="SocketException">The address is not this machine's or the port is taken.</exception>
    public void Start()
    {
        var datagrams = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        Socket? streams = null;
        try
        {
            // A burst of a node full of pods must fit while the workers wait for a processor; the kernel may grant less.
            datagrams.ReceiveBufferSize = ReceiveBufferSize;
            datagrams.Bind(options.Endpoint);
            LocalEndpoint = (IPEndPoint)datagrams.LocalEndPoint!;
            streams = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

            // A restarted server must not wait for connections of the old one to be forgotten.
            streams.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            streams.Bind(LocalEndpoint);
            streams.Listen(128);
        }
        catch
        {
            datagrams.Dispose();
            streams?.Dispose();
            throw;
        }

        _datagrams = datagrams;
        _streams = streams;
        for (var i = 0; i < options.Workers; i++)
        {
            var worker = new Thread(AnswerDatagrams, maxStackSize: 256 * 1024) { IsBackground = true, Name = $"dns-{i}" };
            worker.Start();
            _workers.Add(worker);
        }

        _pending.Run(AcceptAsync);
        LogListening(LocalEndpoint);
    }

    public async ValueTask DisposeAsync()
    {
        // Its owner ends it with the network, the container ends everything it made.
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stopping.CancelAsync();
        _datagrams?.Dispose();
        _streams?.Dispose();
        foreach (var worker in _workers)
        {
            worker.Join();
        }

        await _pending.WhenAllAsync();
        _stopping.Dispose();
    }

    private void AnswerDatagrams()
    {
        var socket = _datagrams!;
        var query = GC.AllocateArray<byte>(QuerySizeMax, pinned: true);
        var response = GC.AllocateArray<byte>(DnsResponse.UdpSizeMax, pinned: true);
        var client = new SocketAddress(AddressFamily.InterNetwork);
        var turn = 0u;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var received = socket.ReceiveFrom(query, SocketFlags.None, client);
                var message = query.AsSpan(0, received);
                var verdict = Respond(message, response, stream: false, turn++, out var length);
                switch (verdict)
                {
                    case DnsVerdict.Answered:
                        socket.SendTo(response.AsSpan(0, length), SocketFlags.None, client);
                        break;
                    case DnsVerdict.Forward or DnsVerdict.FollowAlias when _pending.Count < options.WaitingMax:
                        AnswerLater(message.ToArray(), Copy(client), verdict);
                        break;
                    default:
                        break;
                }
            }
            catch (Exception exception) when (_stopping.IsCancellationRequested && exception is SocketException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException exception)
            {
                // One client's trouble (its route is gone, its buffer is full); the next client is waiting.
                LogSendFailed(exception);
            }
        }
    }

    /// <summary>The synchronous path: the zone first, then what is remembered from above.</summary>
    private DnsVerdict Respond(ReadOnlySpan<byte> message, Span<byte> response, bool stream, uint turn, out int length)
    {
        var verdict = responder.Respond(message, response, stream, turn, out length);
        if (verdict != DnsVerdict.Forward)
        {
            return verdict;
        }

        Span<byte> scratch = stackalloc byte[DnsQuery.ScratchSize];
        _ = DnsQuery.TryParse(message, scratch, out var query);
        if (forwarder.FindRemembered(query) is not { } answer)
        {
            return DnsVerdict.Forward;
        }

        length = Write(query, answer, response, stream);
        return DnsVerdict.Answered;
    }

    private void AnswerLater(byte[] message, SocketAddress client, DnsVerdict verdict) => _pending.Run(async () =>
    {
        var buffer = ArrayPool<byte>.Shared.Rent(DnsResponse.UdpSizeMax);
        try
        {
            var length = await ResolveAsync(message, verdict, buffer, stream: false);
            _datagrams!.SendTo(buffer.AsSpan(0, length), SocketFlags.None, client);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Stopping: the client will ask again, and somebody else may answer.
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            LogSendFailed(exception);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    });

    private async Task<int> ResolveAsync(byte[] message, DnsVerdict verdict, byte[] response, bool stream)
    {
        if (verdict == DnsVerdict.Forward)
        {
            var answer = await forwarder.ResolveAsync(message, _stopping.Token);
            Span<byte> scratch = stackalloc byte[DnsQuery.ScratchSize];
            _ = DnsQuery.TryParse(message, scratch, out var query);
            return Write(query, answer, response, stream);
        }
        else
        {
            var followed = await aliases.FollowAsync(message, _stopping.Token);
            Span<byte> scratch = stackalloc byte[DnsQuery.ScratchSize];
            _ = DnsQuery.TryParse(message, scratch, out var query);
            var reply = new DnsResponse(query, response, stream);
            reply.AddSections(followed.AsSpan(DnsHeader.Length + query.Question.Length), DnsHeader.AnswerCount(followed), 0, 0);
            return reply.Finish(DnsHeader.Code(followed), authoritative: true);
        }
    }

    private int Write(DnsQuery query, UpstreamAnswer answer, Span<byte> response, bool stream)
    {
        var reply = new DnsResponse(query, response, stream);
        var sections = ArrayPool<byte>.Shared.Rent(answer.SectionsLength);
        answer.CopySections(sections, time);
        reply.AddSections(sections.AsSpan(0, answer.SectionsLength), answer.AnswerCount, answer.AuthorityCount, answer.AdditionalCount);
        ArrayPool<byte>.Shared.Return(sections);
        return reply.Finish(answer.Code, authoritative: false);
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            Socket connection;
            try
            {
                connection = await _streams!.AcceptAsync(_stopping.Token);
            }
            catch (Exception exception) when (_stopping.IsCancellationRequested
                && exception is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }
            catch (SocketException exception)
            {
                LogConnectionFailed(exception);
                continue;
            }

            if (Interlocked.Increment(ref _connections) > options.ConnectionsMax)
            {
                Interlocked.Decrement(ref _connections);
                connection.Dispose();
                continue;
            }

            _pending.Run(() => AnswerStreamAsync(connection));
        }
    }

    private async Task AnswerStreamAsync(Socket connection)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(2 + StreamMessageMax);
        try
        {
            connection.NoDelay = true;
            await using var stream = new NetworkStream(connection, ownsSocket: true);
            var prefix = new byte[2];
            while (true)
            {
                using var idle = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
                using var timer = time.CreateTimer(static state => ((CancellationTokenSource)state!).Cancel(), idle, options.ConnectionIdle, Timeout.InfiniteTimeSpan);
                if (await stream.ReadAtLeastAsync(prefix, 2, throwOnEndOfStream: false, idle.Token) < 2)
                {
                    return;
                }

                var message = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
                await stream.ReadExactlyAsync(message, idle.Token);
                var verdict = Respond(message, buffer.AsSpan(2, StreamMessageMax), stream: true, turn: 0, out var length);
                if (verdict == DnsVerdict.Drop)
                {
                    return;
                }

                if (verdict != DnsVerdict.Answered)
                {
                    var response = ArrayPool<byte>.Shared.Rent(StreamMessageMax);
                    length = await ResolveAsync(message, verdict, response, stream: true);
                    response.AsSpan(0, length).CopyTo(buffer.AsSpan(2));
                    ArrayPool<byte>.Shared.Return(response);
                }

                BinaryPrimitives.WriteUInt16BigEndian(buffer, (ushort)length);
                await stream.WriteAsync(buffer.AsMemory(0, 2 + length), idle.Token);
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
        {
            // Clients hang up, go silent, or the server stops: all in a day's work.
            LogConnectionFailed(exception);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            Interlocked.Decrement(ref _connections);
            connection.Dispose();
        }
    }

    private static SocketAddress Copy(SocketAddress client)
    {
        var copy = new SocketAddress(client.Family, client.Size);
        client.Buffer.Span[..client.Size].CopyTo(copy.Buffer.Span);
        return copy;
    }

    [LoggerMessage(NetworkEvents.DnsListening, LogLevel.Information, "Cluster DNS listens on {Endpoint}")]
    private partial void LogListening(IPEndPoint endpoint);

    [LoggerMessage(NetworkEvents.DnsSendFailed, LogLevel.Debug, "A DNS datagram could not be received or sent")]
    private partial void LogSendFailed(Exception exception);

    [LoggerMessage(NetworkEvents.DnsConnectionFailed, LogLevel.Debug, "A DNS connection ended early")]
    private partial void LogConnectionFailed(Exception exception);
}
