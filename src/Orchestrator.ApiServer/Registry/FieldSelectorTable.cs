using System.Collections.Frozen;
using System.Globalization;
using Orchestrator.Api;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Registry;

/// <summary>The fields that a resource's field selectors may name, and how an object answers them.</summary>
internal sealed class FieldSelectorTable
{
    private static readonly Lazy<FrozenDictionary<string, string[]>> Known = new(static () => EmbeddedTable.Rows("selectable-fields.tsv")
        .GroupBy(static r => r[0] + "/" + r[1] + "/" + r[2])
        .ToFrozenDictionary(static g => g.Key, static g => g.Select(static r => r[3]).ToArray()));

    private readonly ResourceInfo _info;
    private readonly FrozenSet<string> _fields;
    private readonly bool _isCustom;

    public FieldSelectorTable(ResourceInfo info, IEnumerable<string>? custom = null)
    {
        _info = info;
        _isCustom = custom is not null;
        var fields = Known.Value.GetValueOrDefault(info.Group + "/" + info.Version + "/" + info.Resource) ?? ["metadata.name", "metadata.namespace"];
        _fields = fields.Concat(custom ?? []).ToFrozenSet();
    }

    /// <exception cref="ApiException">The field cannot be selected by.</exception>
    public void Check(string field)
    {
        if (_fields.Contains(field))
        {
            return;
        }

        if (_isCustom)
        {
            throw Errors.BadRequest("field label not supported: " + field);
        }

        // Kinds that select by name and namespace only share upstream's default, which says more.
        var named = _fields.Any(static f => !f.StartsWith("metadata.", StringComparison.Ordinal));
        throw Errors.BadRequest(
            _info.Group == "batch" && _info.Resource == "jobs" ? $"field label \"{field}\" not supported for Job"
            : named ? "field label not supported: " + field
            : $"\"{field}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"");
    }

    /// <summary>The value of a field as selectors compare it.</summary>
    /// <param name="obj">In its stored version; a custom object in the version of the request.</param>
    /// <param name="field">One that passed <see cref="Check"/>.</param>
    public string Value(ApiObject obj, string field) => field switch
    {
        "metadata.name" => obj.Metadata.Name,
        "metadata.namespace" => obj.Metadata.Namespace,
        _ when _isCustom => Walk(obj, field),

        // Events of both groups are stored as the core group's, under its names.
        "reportingController" => Walk(obj, "reportingComponent"),
        _ when _info.Group == "events.k8s.io" && field.StartsWith("regarding.", StringComparison.Ordinal) => Walk(obj, "involvedObject" + field["regarding".Length..]),
        "source" when obj is Api.Core.V1.Event e => e.Source.Component.Length > 0 ? e.Source.Component : e.ReportingComponent,
        "reportingComponent" when obj is Api.Core.V1.Event e => e.ReportingComponent,
        "spec.host" => Walk(obj, "spec.nodeName"),
        "status.successful" => Walk(obj, "status.succeeded"),
        _ => Walk(obj, field),
    };

    private string Walk(ApiObject obj, string field)
    {
        object? value = obj;
        foreach (var part in field.Split('.'))
        {
            value = value switch
            {
                CustomObject custom => custom.Content.TryGetSlot(part, out var slot) ? slot : null,
                ApiStruct structure => structure.TypeSchema.Find(part) is { } known
                    ? structure.GetSlot(known.Ordinal) ?? (known.Pointer ? null : Zero(known))
                    : null,
                IApiMap map => map.TryGetSlot(part, out var slot) ? slot : null,
                _ => null,
            };
        }

        return value switch
        {
            null or IApiList => Missing(field),
            string text => text,
            bool flag => flag ? "true" : "false",
            _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
        };
    }

    private static object? Zero(FieldSchema field) => field.Kind switch
    {
        FieldKind.Bool => false,
        FieldKind.Int32 or FieldKind.Int64 => 0L,
        FieldKind.Struct => field.Struct!.Create(),
        _ => null,
    };

    private static string Missing(string field) => field is "spec.hostNetwork" or "spec.unschedulable" ? "false" : "";
}
