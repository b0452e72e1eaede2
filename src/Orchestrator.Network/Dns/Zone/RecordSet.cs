using Orchestrator.Network.Dns.Wire;

namespace Orchestrator.Network.Dns.Zone;

/// <summary>All records of one type at one name, encoded once to be copied behind any question for them.</summary>
/// <remarks>
/// The bytes hold pointers that count on the question being the owner's name; a client's other spelling of it
/// has the same length, so they hold for that too.
/// </remarks>
internal sealed class RecordSet
{
    private readonly byte[] _records;
    private readonly int _answersLength;

    private RecordSet(RecordType type, byte[] records, int answersLength, int answerCount, int additionalCount, int stride)
    {
        Type = type;
        _records = records;
        _answersLength = answersLength;
        AnswerCount = answerCount;
        AdditionalCount = additionalCount;
        Stride = stride;
    }

    public RecordType Type { get; }
    public int AnswerCount { get; }
    public int AdditionalCount { get; }

    /// <summary>The size of every answer in bytes if they are all of one size (addresses are), else 0.</summary>
    public int Stride { get; }

    public ReadOnlySpan<byte> Answers => _records.AsSpan(0, _answersLength);

    public ReadOnlySpan<byte> Additionals => _records.AsSpan(_answersLength);

    /// <summary>Encodes a set.</summary>
    /// <param name="owner">The name they belong to, in wire form.</param>
    /// <param name="type">Their type.</param>
    /// <param name="ttl">Their time to live; whole seconds.</param>
    /// <param name="answers">Writes the data of each record; one delegate per record.</param>
    /// <param name="additionals">Address records that save the client a question.</param>
    public static RecordSet Encode(
        byte[] owner,
        RecordType type,
        TimeSpan ttl,
        IReadOnlyList<Action<DnsWriter>> answers,
        IReadOnlyList<AddressRecord>? additionals = null)
    {
        var seconds = (uint)ttl.TotalSeconds;
        var writer = new DnsWriter();
        writer.BeginWithQuestion(owner, type, 1);
        var start = writer.Length;
        var written = 0;
        var stride = -1;
        foreach (var answer in answers)
        {
            // A set that no message can hold is cut rather than refused: a client of 3,000 endpoints is served well by the first ones.
            if (writer.Length > DnsWriter.LengthMax - (2 * DnsName.LengthMax) - 32)
            {
                break;
            }

            var before = writer.Length;
            var mark = writer.BeginRecord(owner, type, seconds);
            answer(writer);
            writer.EndRecord(mark);
            var size = writer.Length - before;
            stride = stride is -1 || stride == size ? size : 0;
            written++;
        }

        var answersLength = writer.Length - start;
        var extra = 0;
        foreach (var additional in additionals ?? [])
        {
            if (writer.Length > DnsWriter.LengthMax - DnsName.LengthMax - 64)
            {
                break;
            }

            var mark = writer.BeginRecord(additional.Owner, additional.Type, seconds);
            writer.WriteBytes(additional.Address);
            writer.EndRecord(mark);
            extra++;
        }

        return new RecordSet(type, writer.Written[start..].ToArray(), answersLength, written, extra, Math.Max(stride, 0));
    }
}
