using Orchestrator.Network.Dns.Forwarding;
using Orchestrator.Network.Dns.Wire;
using Orchestrator.Network.Dns.Zone;

namespace Orchestrator.Network.Dns.Serving;

/// <summary>
/// Answers for ExternalName Services: the CNAME and what its target has, in one message, since the resolvers in
/// containers (musl, glibc) don't follow an alias themselves.
/// </summary>
internal sealed class AliasFollower(ClusterZone zone, Forwarder forwarder)
{
    /// <summary>Longer chains are somebody's mistake or a circle.</summary>
    private const int AliasesMax = 8;

    /// <summary>Builds the response's sections for a query whose name is an alias in the zone.</summary>
    /// <returns>A whole message; the caller fits it to the client.</returns>
    public async Task<byte[]> FollowAsync(byte[] message, CancellationToken cancellationToken)
    {
        var (name, type, @class) = Parse(message);
        var writer = new DnsWriter();
        writer.BeginWithQuestion(name, type, @class);
        var answers = 0;
        var code = ResponseCode.NoError;
        for (var i = 0; i < AliasesMax; i++)
        {
            var node = zone.Snapshot.Find(name);
            if (node?.AliasTarget is { } target)
            {
                var mark = writer.BeginRecord(name, RecordType.CName, TtlOf(node));
                writer.WriteName(target, compress: true);
                writer.EndRecord(mark);
                answers++;
                name = target;
                continue;
            }

            if (node is not null || name.AsSpan().EndsWith(zone.Name))
            {
                answers += WriteLocal(writer, node, type);
                code = node is null ? ResponseCode.NameError : ResponseCode.NoError;
                break;
            }

            var answer = await forwarder.ResolveAsync(BuildQuery(name, type), cancellationToken);
            answers += WriteForwarded(writer, answer);
            code = answer.Code;
            break;
        }

        DnsHeader.WriteResponse(writer.Header, 0, 0, code, authoritative: false);
        DnsHeader.WriteCounts(writer.Header, 1, answers, 0, 0);
        return writer.Written.ToArray();
    }

    private static (byte[] Name, RecordType Type, ushort Class) Parse(byte[] message)
    {
        Span<byte> scratch = stackalloc byte[DnsQuery.ScratchSize];
        if (DnsQuery.TryParse(message, scratch, out var query) != ResponseCode.NoError)
        {
            throw new ArgumentException("Not a well-formed query.", nameof(message));
        }

        return (query.Name.ToArray(), query.Type, query.Class);
    }

    private static uint TtlOf(ZoneNode node)
    {
        var set = node.Find(RecordType.CName)!;
        var at = 0;
        return DnsRecord.TryRead(set.Answers, ref at, out var record) ? record.TtlSeconds : 0;
    }

    private static int WriteLocal(DnsWriter writer, ZoneNode? node, RecordType type)
    {
        // Only address records can be copied without translating names; nothing else is ever asked of an alias.
        if (type is not (RecordType.A or RecordType.Aaaa) || node?.Find(type) is not { } set)
        {
            return 0;
        }

        var offset = 0;
        while (DnsRecord.TryRead(set.Answers, ref offset, out var record))
        {
            var mark = writer.BeginRecord(node.Name, type, record.TtlSeconds);
            writer.WriteBytes(set.Answers.Slice(record.DataStart, record.DataLength));
            writer.EndRecord(mark);
        }

        return set.AnswerCount;
    }

    private static int WriteForwarded(DnsWriter writer, UpstreamAnswer answer)
    {
        Span<byte> owner = stackalloc byte[DnsName.LengthMax];
        Span<byte> target = stackalloc byte[DnsName.LengthMax];
        var message = answer.Message;
        var offset = answer.QuestionEnd;
        var written = 0;
        for (var i = 0; i < answer.AnswerCount && DnsRecord.TryRead(message, ref offset, out var record); i++)
        {
            if (record.Type is not (RecordType.A or RecordType.Aaaa or RecordType.Txt or RecordType.CName))
            {
                continue;
            }

            var start = record.Start;
            var ownerLength = DnsName.Read(message, ref start, owner);
            if (ownerLength == 0)
            {
                continue;
            }

            var mark = writer.BeginRecord(owner[..ownerLength], record.Type, record.TtlSeconds);
            if (record.Type == RecordType.CName)
            {
                var data = record.DataStart;
                var targetLength = DnsName.Read(message, ref data, target);
                writer.WriteName(targetLength == 0 ? [0] : target[..targetLength], compress: true);
            }
            else
            {
                writer.WriteBytes(message.Slice(record.DataStart, record.DataLength));
            }

            writer.EndRecord(mark);
            written++;
        }

        return written;
    }

    private static byte[] BuildQuery(byte[] name, RecordType type)
    {
        var writer = new DnsWriter();
        writer.BeginWithQuestion(name, type, 1);
        DnsHeader.WriteQuery(writer.Header, 0, checkingDisabled: false, additionals: 0);
        return writer.Written.ToArray();
    }
}
