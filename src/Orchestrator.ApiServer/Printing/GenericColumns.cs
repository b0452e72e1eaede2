using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Printing;

/// <summary>The columns of kinds that define none: name and creation time.</summary>
internal sealed class GenericColumns : ITablePrinter
{
    private static readonly ApiList<TableColumnDefinition> NameAndTime =
    [
        new TableColumnDefinition { Name = "Name", Type = "string", Format = "name", Description = "Name must be unique within a namespace." },
        new TableColumnDefinition { Name = "Created At", Type = "date", Description = "CreationTimestamp is a timestamp representing the server time when this object was created." },
    ];

    public ApiList<TableColumnDefinition> Columns(ServedResource resource) => NameAndTime;

    public bool IsGeneric(ServedResource resource) => true;

    public IReadOnlyList<object?> Cells(ServedResource resource, ApiObject obj, DateTimeOffset now) =>
        [obj.Metadata.Name, obj.Metadata.CreationTimestamp is { } created ? ApiTime.Format(created) : "<unknown>"];

    public ApiList<TableRowCondition> Conditions(ServedResource resource, ApiObject obj) => [];
}
