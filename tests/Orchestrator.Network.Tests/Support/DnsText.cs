using System.Buffers.Binary;
using System.Net;
using System.Text;
using Orchestrator.Network.Dns.Wire;

namespace Orchestrator.Network.Tests.Support;

/// <summary>Renders messages as dig does, and builds queries; an independent reading of what the server wrote.</summary>
internal static class DnsText
{
    public static byte[] Query(string name, RecordType type, int? edns = null, ushort id = 0x1234)
    {
        var message = new List<byte> { (byte)(id >> 8), (byte)id, 1, 0, 0, 1, 0, 0, 0, 0, 0, (byte)(edns is null ? 0 : 1) };
        foreach (var label in name.TrimEnd('.').Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            message.Add((byte)label.Length);
            message.AddRange(Encoding.ASCII.GetBytes(label));
        }

        message.AddRange([0, (byte)((int)type >> 8), (byte)type, 0, 1]);
        if (edns is { } size)
        {
            message.AddRange([0, 0, 41, (byte)(size >> 8), (byte)size, 0, 0, 0, 0, 0, 0]);
        }

        return [.. message];
    }

    /// <summary>Status, flags and records, one a line.</summary>
    public static string Render(ReadOnlySpan<byte> message)
    {
        var text = new StringBuilder();
        var flags = DnsHeader.Flags(message);
        text.Append(DnsHeader.Code(message)).Append((flags & 0x0400) != 0 ? " aa" : "").Append((flags & 0x0200) != 0 ? " tc" : "").Append('\n');
        var offset = DnsHeader.Length;
        var name = new byte[DnsName.LengthMax];
        if (DnsHeader.QuestionCount(message) == 1)
        {
            Assert.True(DnsName.Read(message, ref offset, name) > 0);
            offset += 4;
        }

        foreach (var (section, count) in new[]
            { ("", DnsHeader.AnswerCount(message)), ("authority ", DnsHeader.AuthorityCount(message)), ("additional ", DnsHeader.AdditionalCount(message)) })
        {
            for (var i = 0; i < count; i++)
            {
                Assert.True(DnsRecord.TryRead(message, ref offset, out var record));
                if (record.Type == RecordType.Opt)
                {
                    text.Append("edns ").Append(record.Class).Append('\n');
                    continue;
                }

                var start = record.Start;
                var length = DnsName.Read(message, ref start, name);
                Assert.True(length > 0);
                text.Append(section).Append(DnsName.Format(name.AsSpan(0, length))).Append(' ').Append(record.TtlSeconds).Append(' ')
                    .Append(record.Type.ToString().ToUpperInvariant()).Append(' ').Append(Data(message, record)).Append('\n');
            }
        }

        Assert.Equal(message.Length, offset);
        return text.ToString();
    }

    private static string Data(ReadOnlySpan<byte> message, DnsRecord record)
    {
        var data = message.Slice(record.DataStart, record.DataLength);
        switch (record.Type)
        {
            case RecordType.A or RecordType.Aaaa:
                return new IPAddress(data).ToString();
            case RecordType.CName or RecordType.Ptr or RecordType.NS:
                return Name(message, record.DataStart, record.End);
            case RecordType.Srv:
                return $"{BinaryPrimitives.ReadUInt16BigEndian(data)} {BinaryPrimitives.ReadUInt16BigEndian(data[2..])} "
                    + $"{BinaryPrimitives.ReadUInt16BigEndian(data[4..])} {Name(message, record.DataStart + 6, record.End)}";
            case RecordType.Txt:
                return '"' + Encoding.ASCII.GetString(data[1..]) + '"';
            case RecordType.Soa:
                var offset = record.DataStart;
                var buffer = new byte[DnsName.LengthMax];
                var server = DnsName.Format(buffer.AsSpan(0, DnsName.Read(message, ref offset, buffer)));
                var mailbox = DnsName.Format(buffer.AsSpan(0, DnsName.Read(message, ref offset, buffer)));
                Assert.Equal(record.End, offset + 20);
                return $"{server} {mailbox} serial 7200 1800 86400 {BinaryPrimitives.ReadUInt32BigEndian(message[(offset + 16)..])}";
            default:
                return Convert.ToHexString(data);
        }
    }

    private static string Name(ReadOnlySpan<byte> message, int offset, int end)
    {
        var buffer = new byte[DnsName.LengthMax];
        var length = DnsName.Read(message, ref offset, buffer);
        Assert.Equal(end, offset);
        return DnsName.Format(buffer.AsSpan(0, length));
    }
}
