using System.Globalization;
using Orchestrator.Api;
using Orchestrator.Api.Apps.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Json;
using Orchestrator.Client;

namespace Orchestrator.Controllers.Revisions;

/// <summary>ControllerRevisions: a template kept as the patch that brings it back, as upstream keeps it.</summary>
internal static class RevisionData
{
    /// <summary><c>{"spec":{"template":{…,"$patch":"replace"}}}</c>.</summary>
    public static RawJson Of(PodTemplateSpec template)
    {
        var tree = (ApiMap<object?>)RawJson.Of(template).Value!;
        return RawJson.Of(ApiMap<object?>.Empty.With("spec", ApiMap<object?>.Empty.With("template", tree.With("$patch", "replace"))));
    }

    /// <summary>The template that a revision keeps; null if its data is of another kind.</summary>
    public static PodTemplateSpec? Template(ControllerRevision revision)
    {
        if (revision.Data?.Value is ApiMap<object?> data
            && data.GetValueOrDefault("spec") is ApiMap<object?> spec
            && spec.GetValueOrDefault("template") is ApiMap<object?> template)
        {
            return ApiJson.Read<PodTemplateSpec>(RawJson.Of(template.Without("$patch")).Utf8.Span);
        }

        return null;
    }

    /// <summary>Whether two revisions keep the same.</summary>
    public static bool Same(ControllerRevision left, ControllerRevision right) => Values.DeepEquals(left.Data?.Value, right.Data?.Value);

    /// <summary>The short hash of some data, changed by each collision met.</summary>
    public static string Hash(RawJson data, int? collisionCount)
    {
        var hash = 2166136261u;
        foreach (var b in data.Utf8.Span)
        {
            hash = (hash ^ b) * 16777619u;
        }

        foreach (var c in collisionCount?.ToString(CultureInfo.InvariantCulture) ?? "")
        {
            hash = (hash ^ c) * 16777619u;
        }

        return NameGenerator.Encode(hash.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>By number, then creation time, then name.</summary>
    public static List<ControllerRevision> Sorted(IEnumerable<ControllerRevision> revisions) =>
        [.. revisions.OrderBy(static r => r.Revision).ThenBy(static r => r.Metadata.CreationTimestamp).ThenBy(static r => r.Metadata.Name, StringComparer.Ordinal)];
}
