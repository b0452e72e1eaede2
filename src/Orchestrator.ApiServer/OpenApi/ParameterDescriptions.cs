using System.Collections.Frozen;

namespace Orchestrator.ApiServer.OpenApi;

/// <summary>What the parameters of requests mean, for the readers of the published API.</summary>
internal static class ParameterDescriptions
{
    private static readonly FrozenDictionary<string, string> Texts = new Dictionary<string, string>
    {
        ["allowWatchBookmarks"] = "Lets a watch send BOOKMARK events, which tell how far it has come.",
        ["continue"] = "What the answer before gave as continue; the rest of its list follows.",
        ["dryRun"] = "All goes through every step but is not stored: All is the only value.",
        ["fieldManager"] = "Who answers for the fields that this request sets, in managedFields; printable, 128 bytes at most.",
        ["fieldSelector"] = "Which objects stay in the list of returned ones, by their fields. Without it, all do.",
        ["fieldValidation"] = "What is done about unknown and repeated fields: Ignore, Warn or Strict. Default: Warn.",
        ["force"] = "Takes fields over that other managers own. Only for apply patches.",
        ["gracePeriodSeconds"] = "Seconds that the object may take to end; 0 for none. Default: what its kind says.",
        ["ignoreStoreReadErrorWithClusterBreakingPotential"] = "Deletes an object that cannot be read from the store any more, without its finalizers.",
        ["labelSelector"] = "Which objects stay in the list of returned ones, by their labels. Without it, all do.",
        ["limit"] = "The most objects in one answer; a longer list has a continue in its metadata.",
        ["name"] = "The name of the object.",
        ["namespace"] = "The namespace of the object.",
        ["orphanDependents"] = "Out of use, see propagationPolicy: whether objects that this one owns stay.",
        ["pretty"] = "Asks for line breaks and indentation in the answer.",
        ["propagationPolicy"] = "What becomes of the objects that this one owns: Orphan, Background or Foreground.",
        ["resourceVersion"] = "The state that is asked for, or after which a watch begins; see resourceVersionMatch.",
        ["resourceVersionMatch"] = "How a list takes resourceVersion: NotOlderThan or Exact.",
        ["sendInitialEvents"] = "A watch begins with what there is as ADDED events, and a bookmark after the last of them.",
        ["shardSelector"] = "Which share of the objects stays in the list of returned ones; for clients that divide them among themselves.",
        ["timeoutSeconds"] = "Seconds after which a list is given up and a watch ends.",
        ["watch"] = "Watch for changes to the described resources instead of listing them: ADDED, MODIFIED and DELETED events as they come.",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The text about a parameter; its name if there is no more to say.</summary>
    public static string Of(string name) => Texts.GetValueOrDefault(name, name);
}
