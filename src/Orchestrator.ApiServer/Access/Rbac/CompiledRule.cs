using Orchestrator.Api.Rbac.V1;

namespace Orchestrator.ApiServer.Access.Rbac;

/// <summary>A rule of a role, split once so that judging a request compares texts and builds none.</summary>
internal sealed class CompiledRule
{
    private readonly bool _anyVerb;
    private readonly bool _anyGroup;
    private readonly bool _anyResource;
    private readonly string[] _verbs;
    private readonly string[] _groups;
    private readonly (string Resource, string Subresource)[] _resources;
    private readonly string[] _names;
    private readonly string[] _paths;

    public CompiledRule(PolicyRule rule)
    {
        Source = rule;
        _verbs = [.. rule.Verbs];
        _groups = [.. rule.ApiGroups];
        _names = [.. rule.ResourceNames];
        _paths = [.. rule.NonResourceURLs];
        _anyVerb = _verbs.Contains("*");
        _anyGroup = _groups.Contains("*");
        _anyResource = rule.Resources.Contains("*");
        _resources = rule.Resources.Select(static r => r.IndexOf('/', StringComparison.Ordinal) is var cut and >= 0 ? (r[..cut], r[(cut + 1)..]) : (r, "")).ToArray();
    }

    public PolicyRule Source { get; }

    public bool Allows(in AccessAttributes attributes) =>
        (_anyVerb || Has(_verbs, attributes.Verb))
        && (attributes.IsResource
            ? (_anyGroup || Has(_groups, attributes.ApiGroup))
                && (_anyResource || HasResource(attributes.Resource, attributes.Subresource))
                && (_names.Length == 0 || Has(_names, attributes.Name))
            : HasPath(attributes.Path));

    private static bool Has(string[] texts, string text)
    {
        foreach (var candidate in texts)
        {
            if (candidate == text)
            {
                return true;
            }
        }

        return false;
    }

    private bool HasResource(string resource, string subresource)
    {
        foreach (var (r, s) in _resources)
        {
            // "*/scale" is the subresource of every resource; "*" alone was looked at before.
            if (s == subresource && (r == resource || (r == "*" && s.Length > 0)))
            {
                return true;
            }
        }

        return false;
    }

    private bool HasPath(string path)
    {
        foreach (var pattern in _paths)
        {
            if (pattern == path || (pattern.EndsWith('*') && path.AsSpan().StartsWith(pattern.AsSpan().TrimEnd('*'), StringComparison.Ordinal)))
            {
                return true;
            }
        }

        return false;
    }
}
