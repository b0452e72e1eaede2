using System.Collections.Concurrent;
using Orchestrator.Api;

namespace Orchestrator.ApiServer.Validation;

/// <summary>Where upstream's internal types differ from the versioned ones in the names and order of their fields; messages show that.</summary>
internal static class InternalTypes
{
    private static readonly ConcurrentDictionary<StructSchema, IReadOnlyList<Entry>> Orders = new();

    /// <summary>The fields of a type as its internal form prints them.</summary>
    public static IReadOnlyList<Entry> FieldOrder(StructSchema schema) => Orders.GetOrAdd(schema, static s =>
        s.Fields.Select(static f => new Entry(f.GoField, f.Ordinal, null)).ToArray());

    /// <summary>A field, or a group of fields that the internal type holds in a struct of its own.</summary>
    internal sealed record Entry(string Name, int Ordinal, Group? Group);

    internal sealed record Group(int[] Ordinals, bool Optional);
}
