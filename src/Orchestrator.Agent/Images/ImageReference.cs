using System.Text.RegularExpressions;

namespace Orchestrator.Agent.Images;

/// <summary>The name of an image as people write it: <c>[registry/]path[:tag][@digest]</c>.</summary>
internal sealed partial record ImageReference(string Domain, string Path, string Tag, string Digest)
{
    private const string DefaultDomain = "docker.io";

    /// <summary>The name with domain and, where there is neither tag nor digest, <c>:latest</c>: what the runtime is asked for.</summary>
    public string Normalized => $"{Domain}/{Path}" + (Tag.Length > 0 ? ":" + Tag : "") + (Digest.Length > 0 ? "@" + Digest : "");

    /// <summary>True if the pull policy defaults to Always: the tag is latest and no digest pins it.</summary>
    public bool IsLatest => Tag == "latest" && Digest.Length == 0;

    /// <summary>Reads a name; on failure the error is what the reference library of container tools says.</summary>
    public static bool TryParse(string text, out ImageReference reference, out string error)
    {
        reference = new("", "", "", "");
        error = "invalid reference format";
        if (HexId().IsMatch(text))
        {
            error = $"invalid repository name ({text}), cannot specify 64-byte hexadecimal strings";
            return false;
        }

        var slash = text.IndexOf('/');
        string domain, remainder;
        if (slash < 0 || (!text.AsSpan(0, slash).ContainsAny('.', ':') && text[..slash] != "localhost" && text[..slash].ToLowerInvariant() == text[..slash]))
        {
            domain = DefaultDomain;
            remainder = text;
        }
        else
        {
            domain = text[..slash] == "index.docker.io" ? DefaultDomain : text[..slash];
            remainder = text[(slash + 1)..];
        }

        if (domain == DefaultDomain && !remainder.Contains('/'))
        {
            remainder = "library/" + remainder;
        }

        var nameEnd = remainder.IndexOfAny([':', '@']);
        var name = nameEnd < 0 ? remainder : remainder[..nameEnd];
        if (name.ToLowerInvariant() != name)
        {
            error = $"invalid reference format: repository name ({name}) must be lowercase";
            return false;
        }

        var match = Reference().Match($"{domain}/{remainder}");
        if (!match.Success)
        {
            if (text.AsSpan(slash + 1).ContainsAnyInRange('A', 'Z') && Reference().IsMatch(text.ToLowerInvariant()))
            {
                error = "invalid reference format: repository name must be lowercase";
            }

            return false;
        }

        var tag = match.Groups["tag"].Value;
        var digest = match.Groups["digest"].Value;
        reference = new(domain, match.Groups["path"].Value, tag.Length == 0 && digest.Length == 0 ? "latest" : tag, digest);
        error = "";
        return true;
    }

    [GeneratedRegex(
        "^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?/"
        + "(?<path>[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*)*)"
        + "(?::(?<tag>[\\w][\\w.-]{0,127}))?(?:@(?<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$")]
    private static partial Regex Reference();

    [GeneratedRegex("^[a-f0-9]{64}$")]
    private static partial Regex HexId();
}
