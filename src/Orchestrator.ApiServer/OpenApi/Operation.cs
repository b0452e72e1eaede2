using Orchestrator.Api;
using static Orchestrator.ApiServer.OpenApi.JsonTree;

namespace Orchestrator.ApiServer.OpenApi;

/// <summary>A parameter of an operation in its path or query.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">As in JSON schemas.</param>
/// <param name="Description">For readers.</param>
/// <param name="InPath">In the path, where it cannot be missing; else in the query.</param>
internal readonly record struct OperationParameter(string Name, string Type, string Description, bool InPath = false);

/// <summary>One method of one path, as both versions of OpenAPI describe it.</summary>
/// <param name="Id">The verb and what it is about, after which clients name their methods.</param>
/// <param name="Tag">Under which group clients put it.</param>
/// <param name="Description">For readers.</param>
internal sealed record Operation(string Id, string Tag, string Description)
{
    /// <summary>The kind of action (<c>x-kubernetes-action</c>) and the kind that it is about; null for what is about no kind.</summary>
    public (string Action, ApiMap<object?> Kind)? About { get; init; }

    /// <summary>In path and query.</summary>
    public IReadOnlyList<OperationParameter> Parameters { get; init; } = [];

    /// <summary>The schema of the body; null for none.</summary>
    public ApiMap<object?>? Body { get; init; }

    /// <summary>Whether there must be a body.</summary>
    public bool NeedsBody { get; init; } = true;

    /// <summary>Media types of the body.</summary>
    public IReadOnlyList<string> Consumes { get; init; } = [];

    /// <summary>Media types of the answers.</summary>
    public IReadOnlyList<string> Produces { get; init; } = [];

    /// <summary>The schema of the answers.</summary>
    public required ApiMap<object?> Answer { get; init; }

    /// <summary>The codes of the answers that carry it.</summary>
    public IReadOnlyList<int> Codes { get; init; } = [200];

    /// <summary>Writes it, without the parameters that its path has for all operations.</summary>
    public ApiMap<object?> Write(bool v3, IReadOnlySet<OperationParameter> shared)
    {
        var own = Parameters.Where(p => !shared.Contains(p)).Select(p => (p.Name, Written: Write(p, v3)));
        if (!v3 && Body is not null)
        {
            own = own.Append(("body", Map(("in", "body"), ("name", "body"), ("required", NeedsBody ? true : null), ("schema", Body))));
        }

        var parameters = own.OrderBy(static p => p.Name, StringComparer.Ordinal).Select(static p => (object?)p.Written).ToArray();
        var answers = new ApiMap<object?>();
        foreach (var code in Codes)
        {
            var description = code switch { 201 => "Created", 202 => "Accepted", _ => "OK" };
            answers.SetSlot(
                code.ToString(),
                v3 ? Map(("description", description), ("content", Content(Produces, Answer))) : Map(("description", description), ("schema", Answer)));
        }

        answers.SetSlot("401", Map(("description", "Unauthorized")));
        return Map(
            ("tags", List(Tag)),
            ("description", Description),
            ("operationId", Id),
            ("consumes", v3 ? null : List(Consumes.Count > 0 ? Consumes : ["*/*"])),
            ("produces", v3 ? null : List(Produces)),
            ("schemes", v3 ? null : List("https")),
            ("parameters", parameters.Length > 0 ? List(parameters) : null),
            ("requestBody", v3 && Body is not null ? Map(("content", Content(Consumes, Body)), ("required", NeedsBody ? true : null)) : null),
            ("responses", answers),
            ("x-kubernetes-action", About?.Action),
            ("x-kubernetes-group-version-kind", About?.Kind));
    }

    /// <summary>Writes a parameter.</summary>
    public static ApiMap<object?> Write(OperationParameter parameter, bool v3)
    {
        var (name, type, description, inPath) = parameter;
        var place = inPath ? "path" : "query";
        object? required = inPath ? true : null;
        return v3
            ? Map(("name", name), ("in", place), ("description", description), ("required", required), ("schema", Map(("type", type), ("uniqueItems", true))))
            : Map(("uniqueItems", true), ("type", type), ("description", description), ("name", name), ("in", place), ("required", required));
    }

    private static ApiMap<object?> Content(IReadOnlyList<string> types, ApiMap<object?> schema)
    {
        var content = new ApiMap<object?>();
        foreach (var type in types)
        {
            content.SetSlot(type, Map(("schema", schema)));
        }

        return content;
    }
}
