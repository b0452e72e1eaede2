namespace Orchestrator.ApiServer.Identity;

/// <summary>Names of users and groups that the server itself knows.</summary>
public static class Groups
{
    public const string Masters = "system:masters";
    public const string Authenticated = "system:authenticated";
    public const string Unauthenticated = "system:unauthenticated";
    public const string Nodes = "system:nodes";

    /// <summary>The networks of nodes; no group of upstream's.</summary>
    public const string NodeNetworks = "system:node-networks";
    public const string Bootstrappers = "system:bootstrappers";
    public const string ServiceAccounts = "system:serviceaccounts";

    public const string AnonymousUser = "system:anonymous";
    public const string NodeUserPrefix = "system:node:";
    public const string NodeNetworkUserPrefix = "system:node-network:";
    public const string BootstrapUserPrefix = "system:bootstrap:";
    public const string ServiceAccountUserPrefix = "system:serviceaccount:";

    /// <summary>The key in a user's extra that tells which credential he used.</summary>
    internal const string CredentialId = "authentication.kubernetes.io/credential-id";
    internal const string PodName = "authentication.kubernetes.io/pod-name";
    internal const string PodUid = "authentication.kubernetes.io/pod-uid";
    internal const string NodeName = "authentication.kubernetes.io/node-name";
    internal const string NodeUid = "authentication.kubernetes.io/node-uid";

    /// <summary>The user name of a service account.</summary>
    public static string ServiceAccountUser(string ns, string name) => ServiceAccountUserPrefix + ns + ":" + name;

    /// <summary>The groups of all service accounts and of those of a namespace.</summary>
    public static string[] OfServiceAccount(string ns) => [ServiceAccounts, ServiceAccounts + ":" + ns];

    /// <summary>A user's groups with that of all who were recognised, unless they say already whether he was.</summary>
    public static IReadOnlyList<string> WithAuthenticated(string user, IReadOnlyList<string> groups) =>
        user == AnonymousUser || groups.Contains(Authenticated) || groups.Contains(Unauthenticated) ? groups : [.. groups, Authenticated];

    /// <summary>Namespace and name out of a service account's user name.</summary>
    public static bool TrySplitServiceAccount(string user, out string ns, out string name)
    {
        (ns, name) = ("", "");
        if (!user.StartsWith(ServiceAccountUserPrefix, StringComparison.Ordinal))
        {
            return false;
        }

        var rest = user.AsSpan(ServiceAccountUserPrefix.Length);
        var cut = rest.IndexOf(':');
        if (cut <= 0 || cut == rest.Length - 1 || rest[(cut + 1)..].Contains(':'))
        {
            return false;
        }

        (ns, name) = (rest[..cut].ToString(), rest[(cut + 1)..].ToString());
        return true;
    }

    /// <summary>The node's name if the user is a node's agent; else null.</summary>
    public static string? NodeOf(UserInfo user)
    {
        if (!user.Name.StartsWith(NodeUserPrefix, StringComparison.Ordinal) || user.Name.Length == NodeUserPrefix.Length)
        {
            return null;
        }

        foreach (var group in user.Groups)
        {
            if (group == Nodes)
            {
                return user.Name[NodeUserPrefix.Length..];
            }
        }

        return null;
    }

    /// <summary>Whether a user belongs to a group; without allocation.</summary>
    public static bool IsMember(UserInfo user, string group)
    {
        for (var i = 0; i < user.Groups.Count; i++)
        {
            if (user.Groups[i] == group)
            {
                return true;
            }
        }

        return false;
    }
}
