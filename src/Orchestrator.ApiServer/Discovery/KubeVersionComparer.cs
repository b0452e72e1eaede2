using System.Globalization;

namespace Orchestrator.ApiServer.Discovery;

/// <summary>Versions by stability, then by number: v10, v2, v1, v11beta2, v1beta1, v1alpha1, then all others in reverse order of the alphabet.</summary>
internal sealed class KubeVersionComparer : IComparer<string>
{
    public static KubeVersionComparer Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        var (left, right) = (Parse(x!), Parse(y!));
        if (left is null || right is null)
        {
            return left is not null ? 1 : right is not null ? -1 : string.CompareOrdinal(y, x);
        }

        return left.Value.CompareTo(right.Value);
    }

    private static (int Stability, int Major, int Minor)? Parse(string version)
    {
        if (version.Length < 2 || version[0] != 'v' || !char.IsAsciiDigit(version[1]))
        {
            return null;
        }

        var end = 1;
        while (end < version.Length && char.IsAsciiDigit(version[end]))
        {
            end++;
        }

        var major = int.Parse(version.AsSpan(1, end - 1), CultureInfo.InvariantCulture);
        var rest = version[end..];
        if (rest.Length == 0)
        {
            return (2, major, 0);
        }

        var (stability, prefix) = rest.StartsWith("beta", StringComparison.Ordinal) ? (1, 4) : rest.StartsWith("alpha", StringComparison.Ordinal) ? (0, 5) : (-1, 0);
        return stability >= 0 && int.TryParse(rest.AsSpan(prefix), NumberStyles.None, CultureInfo.InvariantCulture, out var minor) ? (stability, major, minor) : null;
    }
}
