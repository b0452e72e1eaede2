using Orchestrator.Api;

namespace Orchestrator.Client;

/// <summary>A patch: how it is meant, and its JSON.</summary>
public readonly record struct Patch(PatchType Type, RawJson Body)
{
    /// <summary>The content type in HTTP.</summary>
    public string ContentType => Type switch
    {
        PatchType.Json => "application/json-patch+json",
        PatchType.Merge => "application/merge-patch+json",
        PatchType.StrategicMerge => "application/strategic-merge-patch+json",
        _ => "application/apply-patch+yaml",
    };

    /// <summary>
    /// A merge patch of a JSON tree (maps, lists, string, long, double, bool, null). An API object may stand for one, but of most kinds it also
    /// writes fields that are not set, such as times as null, and so empties them.
    /// </summary>
    public static Patch Merge(object? body) => new(PatchType.Merge, RawJson.Of(body));

    /// <inheritdoc cref="Merge"/>
    public static Patch StrategicMerge(object? body) => new(PatchType.StrategicMerge, RawJson.Of(body));

    /// <summary>A JSON patch: a list of operations.</summary>
    public static Patch Json(object? operations) => new(PatchType.Json, RawJson.Of(operations));

    /// <summary>Server-side apply of the fields that the caller owns; <c>kind</c> and <c>apiVersion</c> must be set.</summary>
    public static Patch Apply(ApiObject fields) => new(PatchType.Apply, RawJson.Of(fields));

    /// <summary>A patch written as JSON text.</summary>
    /// <exception cref="System.Text.Json.JsonException">The text is no JSON.</exception>
    public static Patch Parse(PatchType type, string json) => new(type, RawJson.Parse(json));
}
