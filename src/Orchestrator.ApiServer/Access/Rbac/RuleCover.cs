using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Api.Rbac.V1;

namespace Orchestrator.ApiServer.Access.Rbac;

/// <summary>Whether rules that somebody holds cover rules that he wants to grant; upstream's rbac validation.</summary>
internal static class RuleCover
{
    /// <summary>The parts of <paramref name="wanted"/> that no held rule covers, each of one verb, group and resource (or one path).</summary>
    public static List<PolicyRule> Missing(IReadOnlyList<PolicyRule> held, IEnumerable<PolicyRule> wanted) =>
        wanted.SelectMany(Split).Where(part => !held.Any(h => Covers(h, part))).ToList();

    /// <summary>Parts that differ in their verb alone as one, in order of appearance.</summary>
    public static List<PolicyRule> Compact(IEnumerable<PolicyRule> parts)
    {
        var compact = new List<PolicyRule>();
        var places = new Dictionary<(string, string, string?), int>();
        foreach (var part in parts)
        {
            if (part.NonResourceURLs.Count > 0 || part.ApiGroups.Count != 1 || part.Resources.Count != 1 || part.ResourceNames.Count > 1)
            {
                compact.Add(part);
                continue;
            }

            var key = (part.ApiGroups[0], part.Resources[0], part.ResourceNames.FirstOrDefault());
            if (places.TryGetValue(key, out var place))
            {
                compact[place] = compact[place] with { Verbs = [.. compact[place].Verbs, .. part.Verbs] };
            }
            else
            {
                places[key] = compact.Count;
                compact.Add(part);
            }
        }

        return compact;
    }

    /// <summary>A rule as upstream prints it: <c>{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}</c>.</summary>
    public static string Describe(PolicyRule rule)
    {
        var builder = new StringBuilder("{");
        Append("APIGroups", rule.ApiGroups);
        Append("Resources", rule.Resources);
        Append("NonResourceURLs", rule.NonResourceURLs);
        Append("ResourceNames", rule.ResourceNames);
        Append("Verbs", rule.Verbs);
        return builder.Append('}').ToString();

        void Append(string name, ApiList<string> values)
        {
            if (values.Count > 0)
            {
                builder.Append(builder.Length > 1 ? ", " : "").Append(name).Append(':').Append(Describe(values));
            }
        }
    }

    /// <summary>Texts as Go prints a slice of them with %q.</summary>
    public static string Describe(IEnumerable<string> texts) => "[" + string.Join(' ', texts.Select(GoText.Quote)) + "]";

    private static IEnumerable<PolicyRule> Split(PolicyRule rule)
    {
        foreach (var group in rule.ApiGroups)
        {
            foreach (var resource in rule.Resources)
            {
                foreach (var verb in rule.Verbs)
                {
                    var part = new PolicyRule { Verbs = [verb], ApiGroups = [group], Resources = [resource] };
                    if (rule.ResourceNames.Count == 0)
                    {
                        yield return part;
                    }

                    foreach (var name in rule.ResourceNames)
                    {
                        yield return part with { ResourceNames = [name] };
                    }
                }
            }
        }

        foreach (var url in rule.NonResourceURLs)
        {
            foreach (var verb in rule.Verbs)
            {
                yield return new PolicyRule { Verbs = [verb], NonResourceURLs = [url] };
            }
        }
    }

    private static bool Covers(PolicyRule held, PolicyRule part) =>
        (held.Verbs.Contains("*") || part.Verbs.All(held.Verbs.Contains))
        && (held.ApiGroups.Contains("*") || part.ApiGroups.All(held.ApiGroups.Contains))
        && part.Resources.All(r => CoversResource(held.Resources, r))
        && part.NonResourceURLs.All(u => CoversPath(held.NonResourceURLs, u))
        && (held.ResourceNames.Count == 0 || (part.ResourceNames.Count > 0 && part.ResourceNames.All(held.ResourceNames.Contains)));

    private static bool CoversResource(ApiList<string> held, string resource) =>
        held.Contains("*") || held.Contains(resource)
        || (resource.IndexOf('/', StringComparison.Ordinal) is var cut and >= 0 && held.Contains("*" + resource[cut..]));

    private static bool CoversPath(ApiList<string> held, string path) =>
        held.Any(h => h == path || (h.EndsWith('*') && path.StartsWith(h.TrimEnd('*'), StringComparison.Ordinal)));
}
