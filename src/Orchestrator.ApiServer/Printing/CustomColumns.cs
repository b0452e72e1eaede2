using System.Runtime.CompilerServices;
using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.CustomResources;
using Orchestrator.ApiServer.Patch;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Printing;

/// <summary>The columns that a custom resource definition asks for; name and age if it asks for none.</summary>
internal sealed class CustomColumns : ITablePrinter
{
    private static readonly ApiList<CustomResourceColumnDefinition> OnlyAge =
    [
        new CustomResourceColumnDefinition
        {
            Name = "Age", Type = "date", JsonPath = ".metadata.creationTimestamp",
            Description = "CreationTimestamp is a timestamp representing the server time when this object was created.",
        },
    ];

    private readonly ConditionalWeakTable<CustomVersion, Compiled> _compiled = [];

    public ApiList<TableColumnDefinition> Columns(ServedResource resource) => Of(resource).Columns;

    public bool IsGeneric(ServedResource resource) => false;

    public IReadOnlyList<object?> Cells(ServedResource resource, ApiObject obj, DateTimeOffset now)
    {
        var queries = Of(resource).Queries;
        var cells = new object?[queries.Length + 1];
        cells[0] = obj.Metadata.Name;
        for (var i = 0; i < queries.Length; i++)
        {
            var (type, query) = queries[i];
            var found = query?.Find(obj) ?? [];
            cells[i + 1] = found.Count == 0 ? null : Cell(type, ValueTree.Plain(found[0]), now);
        }

        return cells;
    }

    public ApiList<TableRowCondition> Conditions(ServedResource resource, ApiObject obj) => [];

    private Compiled Of(ServedResource resource) => _compiled.GetValue(resource.Custom!, static version =>
    {
        var columns = version.Source.AdditionalPrinterColumns is { Count: > 0 } own ? own : OnlyAge;
        return new Compiled(
            columns.Select(static c => new TableColumnDefinition
            {
                Name = c.Name,
                Type = c.Type,
                Format = c.Format,
                Description = c.Description.Length > 0 ? c.Description : "Custom resource definition column (in JSONPath format): " + c.JsonPath,
                Priority = c.Priority,
            }).Prepend(new TableColumnDefinition { Name = "Name", Type = "string", Format = "name", Description = "Name must be unique within a namespace." }).ToApiList(),
            [.. columns.Select(static c => (c.Type, JsonPathQuery.TryParse(c.JsonPath)))]);
    });

    private static object? Cell(string type, object? value, DateTimeOffset now) => (type, value) switch
    {
        ("string", _) => Text(value),
        ("integer", long) => value,
        ("integer", double number) => (long)number,
        ("number", long or double) => value,
        ("boolean", bool) => value,
        ("date", string text) => ApiTime.TryParse(text, out var time) ? Ages.Since(time, now) : "<invalid>",
        _ => null,
    };

    private static string Text(object? value) => value switch
    {
        null => "null",
        string text => text,
        IApiMap or IApiList or ApiStruct => Encoding.UTF8.GetString(ApiJson.WriteValueToArray(value)),
        _ => GoFormat.Value(value),
    };

    private sealed record Compiled(ApiList<TableColumnDefinition> Columns, (string Type, JsonPathQuery? Query)[] Queries);
}
