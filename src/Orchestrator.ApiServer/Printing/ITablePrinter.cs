using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Printing;

/// <summary>The columns of a resource's Table, and the cells of its objects.</summary>
internal interface ITablePrinter
{
    ApiList<TableColumnDefinition> Columns(ServedResource resource);

    /// <summary>Whether a built-in resource shows name and creation time only; such a Table without objects has null for rows.</summary>
    bool IsGeneric(ServedResource resource);

    /// <summary>Cell values as JSON values, one per column; the object is in the served version.</summary>
    IReadOnlyList<object?> Cells(ServedResource resource, ApiObject obj, DateTimeOffset now);

    /// <summary>The row's conditions (Completed pods); empty for most.</summary>
    ApiList<TableRowCondition> Conditions(ServedResource resource, ApiObject obj);
}
