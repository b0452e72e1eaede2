namespace Orchestrator.Scheduler.Pods;

/// <summary>Resources that have a column of their own, and the numbers of all others (extended resources, huge pages).</summary>
internal sealed class ResourceNames
{
    public const string Cpu = "cpu";
    public const string Memory = "memory";
    public const string EphemeralStorage = "ephemeral-storage";
    public const string Pods = "pods";

    private readonly Dictionary<string, int> _columns = [];
    private readonly List<string> _names = [];

    public int Count => _names.Count;

    public string this[int column] => _names[column];

    public int ColumnOf(string name)
    {
        if (!_columns.TryGetValue(name, out var column))
        {
            _columns[name] = column = _names.Count;
            _names.Add(name);
        }

        return column;
    }

    /// <summary>Whether a resource counts at all beside those with fields of their own (upstream's IsScalarResourceName).</summary>
    public static bool IsScalar(string name) =>
        name.StartsWith("hugepages-", StringComparison.Ordinal)
        || name.StartsWith("attachable-volumes-", StringComparison.Ordinal)
        || name.Contains('/', StringComparison.Ordinal);
}
