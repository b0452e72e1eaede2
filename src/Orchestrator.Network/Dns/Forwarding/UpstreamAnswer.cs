using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Orchestrator.Network.Dns.Wire;

namespace Orchestrator.Network.Dns.Forwarding;

/// <summary>What a server above answered, without its EDNS part, ready to be given to any client that asks the same.</summary>
internal sealed class UpstreamAnswer
{
    private readonly byte[] _message;
    private readonly int _questionEnd;
    private readonly int[] _ttlOffsets;
    private readonly long _receivedAt;

    private UpstreamAnswer(byte[] message, int questionEnd, int[] ttlOffsets, int additionals, TimeSpan lifetime, long receivedAt)
    {
        _message = message;
        _questionEnd = questionEnd;
        _ttlOffsets = ttlOffsets;
        AdditionalCount = additionals;
        Lifetime = lifetime;
        _receivedAt = receivedAt;
    }

    public ResponseCode Code => DnsHeader.Code(_message);

    public int AnswerCount => DnsHeader.AnswerCount(_message);

    public int AuthorityCount => DnsHeader.AuthorityCount(_message);

    public int AdditionalCount { get; }

    /// <summary>For how long it may be remembered; zero if not at all.</summary>
    public TimeSpan Lifetime { get; }

    /// <summary>The whole message, for readers of its records.</summary>
    public ReadOnlySpan<byte> Message => _message;

    public int QuestionEnd => _questionEnd;

    public int SectionsLength => _message.Length - _questionEnd;

    /// <summary>Whether the answer is too old to be given out.</summary>
    public bool IsExpired(TimeProvider time) => time.GetElapsedTime(_receivedAt) >= Lifetime;

    /// <summary>Copies everything behind the question, with the times to live that are left by now.</summary>
    public void CopySections(Span<byte> destination, TimeProvider time)
    {
        _message.AsSpan(_questionEnd).CopyTo(destination);
        var age = (uint)time.GetElapsedTime(_receivedAt).TotalSeconds;
        if (age == 0)
        {
            return;
        }

        foreach (var offset in _ttlOffsets)
        {
            var at = destination[(offset - _questionEnd)..];
            var ttl = BinaryPrimitives.ReadUInt32BigEndian(at);
            BinaryPrimitives.WriteUInt32BigEndian(at, ttl > age ? ttl - age : 0);
        }
    }

    /// <summary>Takes a response apart.</summary>
    /// <param name="response">The message; not kept.</param>
    /// <param name="lifetimeMax">The longest time to remember it.</param>
    /// <param name="time">The clock that its age is measured by.</param>
    /// <param name="answer">The parts.</param>
    /// <returns><see langword="false"/> if it is malformed.</returns>
    public static bool TryParse(
        ReadOnlySpan<byte> response, TimeSpan lifetimeMax, TimeProvider time, [NotNullWhen(true)] out UpstreamAnswer? answer)
    {
        answer = null;
        if (response.Length < DnsHeader.Length || DnsHeader.QuestionCount(response) != 1)
        {
            return false;
        }

        var offset = DnsName.Skip(response, DnsHeader.Length);
        if (offset < 0 || offset + 4 > response.Length)
        {
            return false;
        }

        offset += 4;
        var questionEnd = offset;
        var answers = DnsHeader.AnswerCount(response);
        var required = answers + DnsHeader.AuthorityCount(response);
        var total = required + DnsHeader.AdditionalCount(response);
        var ttlOffsets = new List<int>(total);
        var lifetime = lifetimeMax.TotalSeconds;
        var negativeTtl = 0u;
        var kept = 0;
        var end = offset;
        for (var i = 0; i < total; i++)
        {
            if (!DnsRecord.TryRead(response, ref offset, out var record))
            {
                return false;
            }

            if (record.Type == RecordType.Opt)
            {
                // EDNS goes from hop to hop. It is the last record in practice; what came behind it is optional and goes too,
                // since moving it would break the pointers into it.
                break;
            }

            ttlOffsets.Add(record.TtlOffset);
            if (i < answers)
            {
                lifetime = Math.Min(lifetime, record.TtlSeconds);
            }
            else if (i < required && record.Type == RecordType.Soa && record.DataLength >= 20)
            {
                negativeTtl = Math.Min(record.TtlSeconds, BinaryPrimitives.ReadUInt32BigEndian(response[(record.End - 4)..]));
            }

            kept++;
            end = record.End;
        }

        if (kept < required)
        {
            return false;
        }

        var code = DnsHeader.Code(response);
        if (code == ResponseCode.NameError || (code == ResponseCode.NoError && answers == 0))
        {
            lifetime = Math.Min(lifetime, negativeTtl);
        }
        else if (code != ResponseCode.NoError)
        {
            lifetime = 0;
        }

        answer = new UpstreamAnswer(
            response[..end].ToArray(), questionEnd, [.. ttlOffsets], kept - required, TimeSpan.FromSeconds(lifetime), time.GetTimestamp());
        return true;
    }

    /// <summary>A "server failure" to remember for a moment, so that a dead server above is not asked by everybody at once.</summary>
    public static UpstreamAnswer Failure(DnsQuery query, TimeSpan lifetime, TimeProvider time)
    {
        var message = new byte[DnsHeader.Length + query.Question.Length];
        DnsHeader.WriteResponse(message, 0, 0, ResponseCode.ServerFailure, authoritative: false);
        DnsHeader.WriteCounts(message, 1, 0, 0, 0);
        query.Question.CopyTo(message.AsSpan(DnsHeader.Length));
        return new UpstreamAnswer(message, message.Length, [], 0, lifetime, time.GetTimestamp());
    }
}
