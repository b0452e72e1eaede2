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

        List<OwnerReference>? kept = null;
        List<string>? twice = null;
        for (var i = 0; i < given.Count; i++)
        {
            var known = kept is null ? IsAmong(given, i) : kept.Contains(given[i]);
            if (known)
            {
                kept ??= [.. given.Take(i)];
                (twice ??= []).Add(given[i].Uid);
            }
            else
            {
                kept?.Add(given[i]);
            }
        }

        if (twice is null)
        {
            return;
        }

        var when = afterAdmission ? " after mutating admission happens" : "";
        scope.Warnings.Add(
            $".metadata.ownerReferences contains duplicate entries{when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; "
            + $"please fix your requests; duplicate UID(s) observed: {string.Join(", ", twice)}");
        obj.Own<ObjectMeta>(ApiObject.MetadataSlot).Slots[ObjectMeta.Fields.OwnerReferences] = new ApiList<OwnerReference>([.. kept!], kept!.Count);
    }

    private static bool IsAmong(ApiList<OwnerReference> references, int index)
    {
        for (var i = 0; i < index; i++)
        {
            if (references[i].Equals(references[index]))
            {
                return true;
            }
        }

        return false;
    }
}
