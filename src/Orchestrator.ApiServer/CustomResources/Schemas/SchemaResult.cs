namespace Orchestrator.ApiServer.CustomResources.Schemas;

/// <summary>What one node found: its faults, and how many checks went well, by which the best of several alternatives is told.</summary>
internal sealed class SchemaResult
{
    private List<SchemaFault>? _faults;

    public IReadOnlyList<SchemaFault> Faults => _faults ?? (IReadOnlyList<SchemaFault>)[];

    public int Matches { get; private set; }

    public bool IsValid => _faults is null;

    public void Count() => Matches++;

    public void Add(SchemaFault fault)
    {
        if (_faults is null || !_faults.Exists(f => f.Message == fault.Message))
        {
            (_faults ??= []).Add(fault);
        }
    }

    public void Merge(SchemaResult other)
    {
        Matches += other.Matches;
        foreach (var fault in other.Faults)
        {
            Add(fault);
        }
    }
}
