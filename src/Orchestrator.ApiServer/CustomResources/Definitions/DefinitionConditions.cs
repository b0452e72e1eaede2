using Orchestrator.Api;
using Orchestrator.Api.ApiExtensions.V1;

namespace Orchestrator.ApiServer.CustomResources.Definitions;

/// <summary>The conditions in a definition's status.</summary>
internal static class DefinitionConditions
{
    public static CustomResourceDefinitionCondition? Find(CustomResourceDefinition definition, string type) => definition.Status.Conditions.FirstOrDefault(c => c.Type == type);

    public static bool IsTrue(CustomResourceDefinition definition, string type) => Find(definition, type) is { Status: "True" };

    /// <summary>The conditions with one set; its time stays when its status does.</summary>
    public static ApiList<CustomResourceDefinitionCondition> With(
        ApiList<CustomResourceDefinitionCondition> conditions, string type, bool status, string reason, string message, DateTimeOffset now)
    {
        var text = status ? "True" : "False";
        var before = conditions.FirstOrDefault(c => c.Type == type);
        var next = new CustomResourceDefinitionCondition
        {
            Type = type,
            Status = text,
            Reason = reason,
            Message = message,
            LastTransitionTime = before is not null && before.Status == text ? before.LastTransitionTime : ApiTime.Truncate(now),
            ObservedGeneration = before?.ObservedGeneration ?? 0,
        };
        return before is null ? conditions.Append(next).ToApiList() : conditions.Select(c => c.Type == type ? next : c).ToApiList();
    }
}
