using System.Text.RegularExpressions;

namespace Orchestrator.ApiServer.Nodes;

/// <summary>Makes the links of a page that came through a proxy lead through the proxy again.</summary>
/// <param name="source">What was fetched.</param>
/// <param name="requestHost">The host that the client named.</param>
/// <param name="prefix">The path of the proxy, before what it adds to it.</param>
internal sealed partial class ProxiedPage(Uri source, string requestHost, string prefix)
{
    /// <summary>Attributes that hold addresses, by element; as upstream's.</summary>
    private static readonly Dictionary<string, string[]> Linking = new(StringComparer.OrdinalIgnoreCase)
    {
        ["a"] = ["href"], ["applet"] = ["codebase"], ["area"] = ["href"], ["audio"] = ["src"], ["base"] = ["href"], ["blockquote"] = ["cite"],
        ["body"] = ["background"], ["button"] = ["formaction"], ["command"] = ["icon"], ["del"] = ["cite"], ["embed"] = ["src"], ["form"] = ["action"],
        ["frame"] = ["longdesc", "src"], ["head"] = ["profile"], ["html"] = ["manifest"], ["iframe"] = ["longdesc", "src"],
        ["img"] = ["longdesc", "src", "usemap"], ["input"] = ["src", "usemap", "formaction"], ["ins"] = ["cite"], ["link"] = ["href"],
        ["object"] = ["classid", "codebase", "data", "usemap"], ["q"] = ["cite"], ["script"] = ["src"], ["source"] = ["src"], ["video"] = ["poster", "src"],
    };

    /// <summary>The page with its links changed; text, scripts and comments stay as they are.</summary>
    public string Rewrite(string html) => Tags.Replace(html, tag =>
    {
        if (!tag.Groups["name"].Success || !Linking.TryGetValue(tag.Groups["name"].Value, out var names))
        {
            return tag.Value;
        }

        return Attributes.Replace(tag.Value, attribute =>
        {
            if (!names.Contains(attribute.Groups["name"].Value, StringComparer.OrdinalIgnoreCase))
            {
                return attribute.Value;
            }

            var value = attribute.Groups["value"];
            return string.Concat(attribute.Value.AsSpan(0, value.Index - attribute.Index), Rewritten(value.Value), attribute.Value.AsSpan(value.Index - attribute.Index + value.Length));
        });
    });

    /// <summary>An address as the client must ask for it; relative ones and those of other hosts are right as they are.</summary>
    public string Rewritten(string address)
    {
        if (!Uri.TryCreate(address, UriKind.RelativeOrAbsolute, out var uri))
        {
            return address;
        }

        // A path with a leading slash is an absolute address of a file to Uri.
        var pathAndMore = address.StartsWith('/') && !address.StartsWith("//", StringComparison.Ordinal) ? address
            : uri.IsAbsoluteUri && (uri.Authority == source.Authority || uri.Authority == requestHost) ? uri.PathAndQuery + uri.Fragment
            : null;
        return pathAndMore is null || pathAndMore.StartsWith(prefix, StringComparison.Ordinal) ? pathAndMore ?? address : prefix + pathAndMore;
    }

    // A comment, or the beginning of an element with its attributes.
    [GeneratedRegex("""<!--.*?-->|<(?<name>[A-Za-z][A-Za-z0-9]*)(?:\s+[^\s=>"']+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+))?)*\s*/?>""", RegexOptions.Singleline)]
    private static partial Regex Tags { get; }

    [GeneratedRegex("""\s(?<name>[^\s=>"'/]+)\s*=\s*(?:"(?<value>[^"]*)"|'(?<value>[^']*)'|(?<value>[^\s"'>]+))""")]
    private static partial Regex Attributes { get; }
}
