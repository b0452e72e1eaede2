using Orchestrator.Api;

namespace Orchestrator.ApiServer.OpenApi;

/// <summary>The names and descriptions of operations, which generated clients take over: <c>listCoreV1NamespacedPod</c>, <c>core_v1</c>.</summary>
internal static class OperationNames
{
    /// <summary>The name of an operation: the verb, the group version, and what it is about.</summary>
    public static string Id(string group, string version, string verb, string subject) => verb + Capital(GroupName(group)) + Capital(version) + Capital(subject);

    /// <summary>Under which group version clients put the operation.</summary>
    public static string Tag(string group, string version) => version.Length == 0 ? GroupName(group) : GroupName(group) + "_" + version;

    /// <summary>The first letter in upper case.</summary>
    public static string Capital(string text) => text.Length == 0 ? "" : char.ToUpperInvariant(text[0]) + text[1..];

    /// <summary>A noun with its article and a space before both; plurals have none.</summary>
    public static string WithArticle(string noun) => noun switch
    {
        [.., not 's', 's'] => " " + noun,
        ['a' or 'e' or 'i' or 'o' or 'u' or 'A' or 'E' or 'I' or 'O' or 'U', ..] => " an " + noun,
        _ => " a " + noun,
    };

    /// <summary><c>rbacAuthorization</c> for <c>rbac.authorization.k8s.io</c>.</summary>
    private static string GroupName(string group)
    {
        const string Suffix = ".k8s.io";
        var name = string.Concat((group.EndsWith(Suffix, StringComparison.Ordinal) ? group[..^Suffix.Length] : group).Split('.', '-').Select(Capital));
        return name.Length == 0 ? "core" : char.ToLowerInvariant(name[0]) + name[1..];
    }
}
