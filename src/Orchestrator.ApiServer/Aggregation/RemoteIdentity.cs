using Orchestrator.ApiServer.Identity;

namespace Orchestrator.ApiServer.Aggregation;

/// <summary>The headers that tell an aggregated server who asks; it believes them for the certificate that this server shows.</summary>
internal static class RemoteIdentity
{
    public const string User = "X-Remote-User";
    public const string Uid = "X-Remote-Uid";
    public const string Group = "X-Remote-Group";
    public const string ExtraPrefix = "X-Remote-Extra-";

    /// <summary>Whether a client's header would claim an identity, and so may not be passed on.</summary>
    public static bool IsClaim(string header) => header.StartsWith("X-Remote-", StringComparison.OrdinalIgnoreCase) || header.StartsWith("Impersonate-", StringComparison.OrdinalIgnoreCase);

    public static IEnumerable<(string Name, string Value)> Headers(UserInfo user)
    {
        yield return (User, user.Name);
        if (user.Uid.Length > 0)
        {
            yield return (Uid, user.Uid);
        }

        foreach (var group in user.Groups)
        {
            yield return (Group, group);
        }

        foreach (var (key, values) in user.Extra)
        {
            foreach (var value in values)
            {
                yield return (ExtraPrefix + Uri.EscapeDataString(key), value);
            }
        }
    }
}
