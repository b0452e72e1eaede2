namespace Orchestrator.ApiServer.CustomResources.Schemas;

/// <summary>What one node found: its faults, and how many checks went well, by which the best of several alternatives is told.</summary>
internal sealed class SchemaResult
{
    private List<SchemaFault>? _faults;

    public IReadOnlyList<SchemaFault> Faults => _faults ?? (IReadOnlyList<SchemaFault>)[];

    public int Matches { get; private set; }

    public bool IsValid => _faults is null;

    public void Count() => Matches++;

    /// <summary>Adds a fault; false if it was told before.</summary>
    public bool Add(SchemaFault fault)
    {
        if (_faults is not null && _faults.Exists(f => f.Message == fault.Message))
        {
            return false;
        }

        (_faults ??= []).Add(fault);
        return true;
    }

    /// <summary>Adds what another node found. As upstream has it, nothing after a fault that was told before counts.</summary>
    public void Merge(SchemaResult other)
    {
        Matches += other.Matches;
        foreach (var fault in other.Faults)
        {
            if (!Add(fault))
            {
                return;
            }
        }
    }
}
