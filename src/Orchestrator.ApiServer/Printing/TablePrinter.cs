using System.Collections.Frozen;
using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Printing;

/// <summary>The Tables of built-in resources: columns from the fact table, cells from <see cref="Cells"/>; other resources show name and creation time.</summary>
internal sealed class TablePrinter : ITablePrinter
{
    private static readonly FrozenDictionary<string, ApiList<TableColumnDefinition>> ByResource = Load();
    private readonly GenericColumns _generic = new();
    private readonly CustomColumns _custom = new();

    public ApiList<TableColumnDefinition> Columns(ServedResource resource) =>
        resource.IsCustom ? _custom.Columns(resource)
        : ByResource.TryGetValue(resource.Info.GroupResource, out var columns) && CellTable.Knows(resource.Info.Kind) ? columns : _generic.Columns(resource);

    public bool IsGeneric(ServedResource resource) => !resource.IsCustom && Columns(resource) is [_, { Name: "Created At" }];

    public IReadOnlyList<object?> Cells(ServedResource resource, ApiObject obj, DateTimeOffset now) =>
        resource.IsCustom ? _custom.Cells(resource, obj, now)
        : ByResource.ContainsKey(resource.Info.GroupResource) && CellTable.Knows(resource.Info.Kind) ? CellTable.Of(obj, now) : _generic.Cells(resource, obj, now);

    public ApiList<TableRowCondition> Conditions(ServedResource resource, ApiObject obj) => obj is Api.Core.V1.Pod { Status.Phase: "Succeeded" or "Failed" } pod
        ? [new TableRowCondition { Type = "Completed", Status = "True", Reason = pod.Status.Phase, Message = pod.Status.Phase == "Succeeded" ? "The pod has completed successfully." : "The pod failed." }]
        : [];

    private static FrozenDictionary<string, ApiList<TableColumnDefinition>> Load() => EmbeddedTable.Rows("columns.tsv")
        .Where(static r => r[0][0] is not ('(' or '*'))
        .SelectMany(static r => r[0].Split(';').Select(name => (Name: name, Row: r)))
        .GroupBy(static x => x.Name)
        .ToFrozenDictionary(
            static g => g.Key,
            static g => g.Select(static x => new TableColumnDefinition
            {
                Name = x.Row[3],
                Type = x.Row[4],
                Format = x.Row[5],
                Description = x.Row[7],
                Priority = int.Parse(x.Row[6], System.Globalization.CultureInfo.InvariantCulture),
            }).ToApiList());
}
