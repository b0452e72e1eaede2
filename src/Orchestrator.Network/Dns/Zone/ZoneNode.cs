using Orchestrator.Network.Dns.Wire;

namespace Orchestrator.Network.Dns.Zone;

/// <summary>A name that exists, with its records. Without any it is there because names below it are.</summary>
internal sealed class ZoneNode(byte[] name, params RecordSet[] sets)
{
    public byte[] Name { get; } = name;

    /// <summary>The target of the CNAME here, in wire form, if the name is an alias.</summary>
    public byte[]? AliasTarget { get; init; }

    public ReadOnlySpan<RecordSet> Sets => sets;

    public RecordSet? Find(RecordType type)
    {
        // Never more than a handful, and A comes first.
        foreach (var set in sets)
        {
            if (set.Type == type)
            {
                return set;
            }
        }

        return null;
    }
}
