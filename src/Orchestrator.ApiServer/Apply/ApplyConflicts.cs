using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Apply;

/// <summary>The answer to an apply that would take fields from other managers.</summary>
internal static class ApplyConflicts
{
    /// <param name="conflicts">The managers with the fields that each would lose.</param>
    public static ApiException ToException(List<FieldManager> conflicts)
    {
        var causes = new List<StatusCause>();
        var perManager = new List<(string Manager, List<string> Paths)>();
        foreach (var conflict in conflicts.OrderBy(Identify, StringComparer.Ordinal))
        {
            var manager = Describe(conflict);
            var paths = conflict.Set.Paths().ToList();
            perManager.Add((manager, paths));
            causes.AddRange(paths.Select(path => new StatusCause { Reason = "FieldManagerConflict", Message = "conflict with " + manager, Field = path }));
        }

        return Errors.Make(
            409,
            "Conflict",
            $"Apply failed with {causes.Count} {(causes.Count == 1 ? "conflict" : "conflicts")}: {Message(perManager)}",
            new StatusDetails { Causes = causes.ToApiList() });
    }

    private static string Message(List<(string Manager, List<string> Paths)> conflicts)
    {
        if (conflicts is [(var only, [var path])])
        {
            return $"conflict with {only}: {path}";
        }

        var text = new StringBuilder();
        foreach (var (manager, paths) in conflicts)
        {
            text.Append(text.Length > 0 ? "\n" : "").Append("conflicts with ").Append(manager).Append(':');
            foreach (var single in paths)
            {
                text.Append("\n- ").Append(single);
            }
        }

        return text.ToString();
    }

    /// <summary>What upstream tells managers apart and sorts them by: their entry without the fields.</summary>
    private static string Identify(FieldManager manager) => Encoding.UTF8.GetString(ApiJson.WriteToArray(new ManagedFieldsEntry
    {
        Manager = manager.Manager,
        Operation = manager.IsApply ? "Apply" : "Update",
        ApiVersion = manager.IsApply ? "" : manager.ApiVersion,
        Subresource = manager.Subresource,
    }));

    /// <summary><c>"m" with subresource "status" using v1</c>: the version only for updaters.</summary>
    private static string Describe(FieldManager manager)
    {
        var text = "\"" + manager.Manager + "\"";
        if (manager.Subresource.Length > 0)
        {
            text += $" with subresource \"{manager.Subresource}\"";
        }

        if (!manager.IsApply)
        {
            text += " using " + manager.ApiVersion;
        }

        return text;
    }
}
