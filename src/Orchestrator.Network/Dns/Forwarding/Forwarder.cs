using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Orchestrator.Network.Dns.Wire;

namespace Orchestrator.Network.Dns.Forwarding;

/// <summary>Finds answers outside the cluster: from memory, or from the servers above, each question asked once at a time.</summary>
/// <remarks>
/// One question under way serves everybody who asks it meanwhile. That also breaks loops: should a server above ask us back,
/// its question joins the one it came from and both end at the deadline, instead of going round for ever.
/// </remarks>
internal sealed partial class Forwarder(
    ForwarderOptions options,
    UpstreamServers servers,
    IUpstreamTransport transport,
    TimeProvider time,
    ILogger<Forwarder> logger)
{
    private readonly AnswerCache _cache = new(options.CacheEntriesMax, time);
    private readonly Lock _lock = new();
    private readonly Dictionary<byte[], Task<UpstreamAnswer>> _inFlight = new(QuestionKey.Comparer);
    private volatile int _preferred;

    /// <summary>An answer that is in memory, without waiting.</summary>
    public UpstreamAnswer? FindRemembered(DnsQuery query)
    {
        Span<byte> key = stackalloc byte[QuestionKey.LengthMax];
        return _cache.TryGet(QuestionKey.Write(query, key), out var answer) ? answer : null;
    }

    /// <summary>The answer to a query's question; "server failure" if nobody gives one in time.</summary>
    /// <param name="message">A whole, well-formed query; kept until the task ends.</param>
    /// <param name="cancellationToken">Ends this caller's wait; others may still wait for the same answer.</param>
    public Task<UpstreamAnswer> ResolveAsync(byte[] message, CancellationToken cancellationToken)
    {
        Span<byte> scratch = stackalloc byte[DnsQuery.ScratchSize];
        if (DnsQuery.TryParse(message, scratch, out var query) != ResponseCode.NoError)
        {
            throw new ArgumentException("Not a well-formed query.", nameof(message));
        }

        Span<byte> buffer = stackalloc byte[QuestionKey.LengthMax];
        var key = QuestionKey.Write(query, buffer).ToArray();
        lock (_lock)
        {
            if (_cache.TryGet(key, out var remembered))
            {
                return Task.FromResult(remembered);
            }

            if (!_inFlight.TryGetValue(key, out var task))
            {
                if (_inFlight.Count >= options.InFlightMax)
                {
                    return Task.FromResult(UpstreamAnswer.Failure(query, TimeSpan.Zero, time));
                }

                var failure = UpstreamAnswer.Failure(query, options.FailureTtl, time);
                task = AskAndRememberAsync(key, BuildQuery(query), failure);
                if (!task.IsCompleted)
                {
                    _inFlight[key] = task;
                }
            }

            return task.WaitAsync(cancellationToken);
        }
    }

    private async Task<UpstreamAnswer> AskAndRememberAsync(byte[] key, byte[] query, UpstreamAnswer failure)
    {
        // The caller holds the lock; nothing of this may run in it.
        await Task.Yield();
        try
        {
            var answer = await AskAsync(query) ?? failure;
            _cache.Add(key, answer);
            return answer;
        }
        finally
        {
            lock (_lock)
            {
                _inFlight.Remove(key);
            }
        }
    }

    /// <summary>Asks one server after the other until one gives an answer.</summary>
    private async Task<UpstreamAnswer?> AskAsync(byte[] query)
    {
        UpstreamAnswer? refusal = null;
        for (var attempt = 0; attempt < options.Attempts; attempt++)
        {
            var all = servers.Current();
            var first = _preferred;
            for (var i = 0; i < all.Count; i++)
            {
                var index = (first + i) % all.Count;
                var server = all[index];
                if (await AskOneAsync(server, query) is not { } answer)
                {
                    continue;
                }

                if (answer.Code is ResponseCode.NoError or ResponseCode.NameError)
                {
                    _preferred = index;
                    return answer;
                }

                refusal = answer;
            }

            // Somebody is there and says no: asking again at once would not change his mind.
            if (refusal is not null)
            {
                return refusal;
            }
        }

        return null;
    }

    private async Task<UpstreamAnswer?> AskOneAsync(IPEndPoint server, byte[] query)
    {
        using var deadline = new CancellationTokenSource(options.Timeout, time);
        try
        {
            DnsHeader.SetId(query, BinaryPrimitives.ReadUInt16LittleEndian(RandomNumberGenerator.GetBytes(2)));
            var response = await transport.ExchangeAsync(server, query, deadline.Token);
            if (UpstreamAnswer.TryParse(response, options.CacheTtlMax, time, out var answer))
            {
                return answer;
            }

            LogFailed(null, server, "its answer is malformed");
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            LogFailed(null, server, "no answer in time");
        }
        catch (IOException exception)
        {
            LogFailed(exception, server, "it can't be reached");
        }

        return null;
    }

    /// <summary>Our own query for the client's question: with EDNS, so that little comes back truncated.</summary>
    private static byte[] BuildQuery(DnsQuery query)
    {
        var message = new byte[DnsHeader.Length + query.Question.Length + 11];
        DnsHeader.WriteQuery(message, 0, (query.Flags & 0x10) != 0, additionals: 1);
        query.Question.CopyTo(message.AsSpan(DnsHeader.Length));
        var opt = message.AsSpan(DnsHeader.Length + query.Question.Length);
        BinaryPrimitives.WriteUInt16BigEndian(opt[1..], (ushort)RecordType.Opt);
        BinaryPrimitives.WriteUInt16BigEndian(opt[3..], Serving.DnsResponse.UdpSizeAdvertised);
        opt[7] = query.DnssecOk ? (byte)0x80 : (byte)0;
        return message;
    }

    [LoggerMessage(NetworkEvents.DnsUpstreamFailed, LogLevel.Debug, "Name server {Server} did not help: {Reason}")]
    private partial void LogFailed(Exception? exception, IPEndPoint server, string reason);
}
