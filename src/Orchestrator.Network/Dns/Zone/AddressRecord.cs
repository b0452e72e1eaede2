using Orchestrator.Network.Dns.Wire;

namespace Orchestrator.Network.Dns.Zone;

/// <summary>An A or AAAA record: a name in wire form and the address' 4 or 16 bytes.</summary>
internal sealed record AddressRecord(byte[] Owner, byte[] Address)
{
    public RecordType Type => Address.Length == 4 ? RecordType.A : RecordType.Aaaa;
}
