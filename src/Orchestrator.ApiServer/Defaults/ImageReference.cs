namespace Orchestrator.ApiServer.Defaults;

/// <summary>What the default pull policy must know of an image reference: <c>[domain/]path[:tag][@digest]</c>.</summary>
internal static class ImageReference
{
    private const int NameLengthMax = 255;

    /// <summary>Always for the tag <c>latest</c>, given or implied; IfNotPresent for all else, unreadable references too.</summary>
    public static string DefaultPullPolicy(string image) => TryReadTag(image, out var tag) && tag is "latest" ? "Always" : "IfNotPresent";

    /// <summary>The tag of a reference, <c>latest</c> if it has neither tag nor digest, empty if it has a digest alone; false if it is no reference.</summary>
    public static bool TryReadTag(ReadOnlySpan<char> image, out ReadOnlySpan<char> tag)
    {
        tag = default;
        if (image.Length == 64 && !image.ContainsAnyExcept("0123456789abcdef"))
        {
            return false;
        }

        var rest = image;
        var at = rest.IndexOf('@');
        var hasDigest = at >= 0;
        if (hasDigest)
        {
            if (!IsDigest(rest[(at + 1)..]))
            {
                return false;
            }

            rest = rest[..at];
        }

        if (rest.LastIndexOf(':') is var colon and > 0 && colon > rest.LastIndexOf('/'))
        {
            tag = rest[(colon + 1)..];
            rest = rest[..colon];
            if (!IsTag(tag))
            {
                return false;
            }
        }

        if (rest.Length is 0 or > NameLengthMax || !IsName(rest))
        {
            return false;
        }

        if (tag.IsEmpty && !hasDigest)
        {
            tag = "latest";
        }

        return true;
    }

    private static bool IsName(ReadOnlySpan<char> name)
    {
        var slash = name.IndexOf('/');
        if (slash >= 0)
        {
            var first = name[..slash];
            if (first.ContainsAny('.', ':') || first is "localhost" || first.ContainsAnyInRange('A', 'Z'))
            {
                if (!IsDomain(first))
                {
                    return false;
                }

                name = name[(slash + 1)..];
            }
        }

        foreach (var range in name.Split('/'))
        {
            if (!IsPathComponent(name[range]))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsDomain(ReadOnlySpan<char> domain)
    {
        var colon = domain.LastIndexOf(':');
        if (colon >= 0 && !domain[(colon + 1)..].Contains(']'))
        {
            if (colon == domain.Length - 1 || domain[(colon + 1)..].ContainsAnyExceptInRange('0', '9'))
            {
                return false;
            }

            domain = domain[..colon];
        }

        if (domain.Length > 2 && domain[0] == '[' && domain[^1] == ']')
        {
            return !domain[1..^1].ContainsAnyExcept("0123456789abcdefABCDEF:");
        }

        foreach (var range in domain.Split('.'))
        {
            var part = domain[range];
            if (part.Length == 0 || part[0] == '-' || part[^1] == '-')
            {
                return false;
            }

            foreach (var c in part)
            {
                if (!char.IsAsciiLetterOrDigit(c) && c != '-')
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>Runs of lower-case letters and digits, joined by one of <c>. _ __</c> or dashes.</summary>
    private static bool IsPathComponent(ReadOnlySpan<char> part)
    {
        if (part.Length == 0 || !IsLowerOrDigit(part[0]) || !IsLowerOrDigit(part[^1]))
        {
            return false;
        }

        for (var i = 1; i < part.Length; i++)
        {
            if (IsLowerOrDigit(part[i]))
            {
                continue;
            }

            var start = i;
            while (part[i] == part[start] && i < part.Length - 1)
            {
                i++;
            }

            var length = i - start;
            if (!IsLowerOrDigit(part[i]) || !(part[start] == '-' || (part[start] == '.' && length == 1) || (part[start] == '_' && length <= 2)))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsTag(ReadOnlySpan<char> tag)
    {
        if (tag.Length is 0 or > 128 || !(char.IsAsciiLetterOrDigit(tag[0]) || tag[0] == '_'))
        {
            return false;
        }

        foreach (var c in tag)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '.' or '-'))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsDigest(ReadOnlySpan<char> digest)
    {
        var colon = digest.IndexOf(':');
        if (colon <= 0 || !char.IsAsciiLetter(digest[0]))
        {
            return false;
        }

        var hex = digest[(colon + 1)..];
        var length = digest[..colon] switch { "sha256" => 64, "sha384" => 96, "sha512" => 128, _ => -1 };
        return hex.Length == length && !hex.ContainsAnyExcept("0123456789abcdef");
    }

    private static bool IsLowerOrDigit(char c) => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c);
}
