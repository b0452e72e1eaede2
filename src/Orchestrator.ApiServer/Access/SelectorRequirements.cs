using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Selectors;

namespace Orchestrator.ApiServer.Access;

/// <summary>What selectors restrict a request to, for authorizers that allow a list by that. What cannot be read restricts nothing.</summary>
internal static class SelectorRequirements
{
    public static IReadOnlyList<FieldSelectorRequirement> OfFields(string selector)
    {
        if (selector.Length == 0)
        {
            return [];
        }

        var requirements = new List<FieldSelectorRequirement>();
        foreach (var term in selector.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = term.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                var negated = term[equals - 1] == '!';
                requirements.Add(new FieldSelectorRequirement
                {
                    Key = term[..(negated ? equals - 1 : equals)], Operator = negated ? "NotIn" : "In", Values = [term[(equals + 1)..].TrimStart('=')],
                });
            }
        }

        return requirements;
    }

    /// <summary>The one name that a field selector restricts a list to; "" if it does not, or the name could be none.</summary>
    public static string NameOf(string selector)
    {
        const string Name = "metadata.name=";
        if (selector.Length == 0)
        {
            return "";
        }

        foreach (var term in selector.Split(','))
        {
            if (term.StartsWith(Name, StringComparison.Ordinal))
            {
                var name = term[Name.Length..].TrimStart('=');
                return name is "." or ".." || name.AsSpan().ContainsAny('/', '%') ? "" : name;
            }
        }

        return "";
    }

    public static IReadOnlyList<LabelSelectorRequirement> OfLabels(string selector)
    {
        if (selector.Length == 0)
        {
            return [];
        }

        try
        {
            // Comparisons of numbers have no word for them there.
            return LabelSelectorParser.Parse(selector).Where(static r => r.Operator <= SelectorOperator.DoesNotExist).Select(static r => new LabelSelectorRequirement
            {
                Key = r.Key, Operator = r.Operator.ToString(), Values = r.Values.ToApiList(),
            }).ToArray();
        }
        catch (FormatException)
        {
            return [];
        }
    }
}
