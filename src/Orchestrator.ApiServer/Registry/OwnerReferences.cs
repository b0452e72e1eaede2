using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Registry;

/// <summary>Owner references that are given twice, word for word, are kept once, and the client is warned.</summary>
internal static class OwnerReferences
{
    /// <param name="scope">The request.</param>
    /// <param name="obj">Its object; belongs to the request.</param>
    /// <param name="afterAdmission">Whether mutating admission has had its turn.</param>
    public static void Deduplicate(RequestScope scope, ApiObject obj, bool afterAdmission)
    {
        if (obj.Metadata.OwnerReferences is not { Count: > 1 } given)
        {
            return;
        }

        var kept = new List<OwnerReference>(given.Count);
        var twice = new List<string>();
        foreach (var reference in given)
        {
            if (kept.Contains(reference))
            {
                twice.Add(reference.Uid);
            }
            else
            {
                kept.Add(reference);
            }
        }

        if (twice.Count == 0)
        {
            return;
        }

        var when = afterAdmission ? " after mutating admission happens" : "";
        scope.Warnings.Add(
            $".metadata.ownerReferences contains duplicate entries{when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; "
            + $"please fix your requests; duplicate UID(s) observed: {string.Join(", ", twice)}");
        obj.Own<ObjectMeta>(ApiObject.MetadataSlot).Slots[ObjectMeta.Fields.OwnerReferences] = kept.ToApiList();
    }
}
