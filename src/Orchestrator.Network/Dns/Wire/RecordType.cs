namespace Orchestrator.Network.Dns.Wire;

/// <summary>Record types this server knows by name (IANA DNS parameters); others pass through as numbers.</summary>
internal enum RecordType : ushort
{
    A = 1,
    NS = 2,
    CName = 5,
    Soa = 6,
    Ptr = 12,
    HInfo = 13,
    Txt = 16,
    Aaaa = 28,
    Srv = 33,
    Opt = 41,
    Axfr = 252,
    Any = 255,
}
