using System.Text.Json.Nodes;

namespace Orchestrator.Controllers.Tests.Golden;

/// <summary>Compares an object of this run with a recorded one, field by field, leaving out what the recording leaves out.</summary>
internal sealed class ObjectComparison(Placeholders placeholders, bool anyPod)
{
    // What tells equal pods apart.
    private static readonly HashSet<string> Places = ["podIP", "podIPs", "hostIP", "hostIPs", "nodeName", "topology.kubernetes.io/zone"];

    private static readonly HashSet<string> AnyOrder = ["conditions", "finalizers", "ownerReferences", "ports", "endpoints", "addresses", "notReadyAddresses", "subsets"];

    private static readonly Dictionary<string, string> Defaults = new()
    {
        ["terminationMessagePath"] = "\"/dev/termination-log\"",
        ["terminationMessagePolicy"] = "\"File\"",
        ["imagePullPolicy"] = "\"IfNotPresent\"",
        ["dnsPolicy"] = "\"ClusterFirst\"",
        ["schedulerName"] = "\"default-scheduler\"",
        ["securityContext"] = "{}",
        ["resources"] = "{}",
        ["enableServiceLinks"] = "true",
        ["preemptionPolicy"] = "\"PreemptLowerPriority\"",
        ["terminationGracePeriodSeconds"] = "30",
        ["serviceAccountName"] = "\"default\"",
        ["serviceAccount"] = "\"default\"",
        ["automountServiceAccountToken"] = "false",
        ["creationTimestamp"] = "null",
    };

    /// <summary>The differences, as paths with both values.</summary>
    public List<string> Differences(JsonNode recorded, JsonNode actual)
    {
        var differences = new List<string>();
        Compare("", recorded, actual, differences);
        return differences;
    }

    private void Compare(string path, JsonNode? recorded, JsonNode? actual, List<string> differences)
    {
        switch (recorded, actual)
        {
            case (JsonObject left, JsonObject right):
                CompareObjects(path, left, right, differences);
                break;
            case (JsonArray left, JsonArray right) when left.Count == right.Count:
                CompareArrays(path, left, right, differences);
                break;
            case (JsonValue left, _) when left.GetValueKind() == System.Text.Json.JsonValueKind.String:
                // Numbered and unnumbered placeholders stand for values of any kind.
                var text = actual is JsonValue value && value.GetValueKind() == System.Text.Json.JsonValueKind.String ? value.GetValue<string>() : actual?.ToJsonString() ?? "null";
                if (!placeholders.Fits(left.GetValue<string>(), text) || (actual is null && left.GetValue<string>() != "<time>"))
                {
                    differences.Add($"{path}: recorded {left.ToJsonString()}, now {actual?.ToJsonString() ?? "nothing"}");
                }

                break;
            default:
                if (!JsonNode.DeepEquals(recorded, actual))
                {
                    differences.Add($"{path}: recorded {recorded?.ToJsonString() ?? "null"}, now {actual?.ToJsonString() ?? "null"}");
                }

                break;
        }
    }

    private void CompareObjects(string path, JsonObject recorded, JsonObject actual, List<string> differences)
    {
        if (recorded["tolerations"] is JsonArray && actual["tolerations"] is JsonArray tolerations)
        {
            actual = actual.DeepClone().AsObject();
            actual["tolerations"] = new JsonArray([.. tolerations.Where(static t => t!["tolerationSeconds"]?.ToJsonString() != "300").Select(static t => t!.DeepClone())]);
        }

        foreach (var (name, value) in recorded)
        {
            if (anyPod && Places.Contains(name))
            {
                continue;
            }

            if (!actual.TryGetPropertyValue(name, out var other))
            {
                differences.Add($"{path}/{name}: recorded {value?.ToJsonString() ?? "null"}, now absent");
                continue;
            }

            Compare($"{path}/{name}", value, other, differences);
        }

        foreach (var (name, value) in actual)
        {
            if (!recorded.ContainsKey(name) && !IsLeftOut(name, value) && !(anyPod && Places.Contains(name)))
            {
                differences.Add($"{path}/{name}: recorded absent, now {value?.ToJsonString() ?? "null"}");
            }
        }
    }

    private void CompareArrays(string path, JsonArray recorded, JsonArray actual, List<string> differences)
    {
        if (!AnyOrder.Contains(path[(path.LastIndexOf('/') + 1)..]))
        {
            for (var i = 0; i < recorded.Count; i++)
            {
                Compare($"{path}[{i}]", recorded[i], actual[i], differences);
            }

            return;
        }

        var left = actual.ToList();
        for (var i = 0; i < recorded.Count; i++)
        {
            List<string>? best = null;
            JsonNode? bestItem = null;
            foreach (var candidate in left)
            {
                var found = new List<string>();
                Compare($"{path}[{i}]", recorded[i], candidate, found);
                if (best is null || found.Count < best.Count)
                {
                    (best, bestItem) = (found, candidate);
                }
            }

            differences.AddRange(best!);
            left.Remove(bestItem);
        }
    }

    private static bool IsLeftOut(string name, JsonNode? value) =>
        name is "managedFields" or "selfLink"
        || (Defaults.TryGetValue(name, out var standard) && (value?.ToJsonString() ?? "null") == standard)
        || (name == "tolerations" && value is JsonArray { Count: 2 } list && list.All(static t => t!["tolerationSeconds"]?.ToJsonString() == "300"));
}
