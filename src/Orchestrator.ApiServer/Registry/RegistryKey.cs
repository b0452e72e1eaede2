using Orchestrator.Api;

namespace Orchestrator.ApiServer.Registry;

/// <summary>The key under which upstream stores an object; some of its messages tell it.</summary>
internal static class RegistryKey
{
    public static string Of(ServedResource resource, string ns, string name)
    {
        var info = resource.Info;
        return "/registry/" + (resource.IsCustom ? info.Group + "/" + info.Resource : Prefix(info)) + "/" + resource.KeyOf(ns, name);
    }

    /// <summary>The resource's name; a few kept older ones, and the servers of definitions and API services put the group before it.</summary>
    private static string Prefix(ResourceInfo info) => (info.Group, info.Resource) switch
    {
        ("", "replicationcontrollers") => "controllers",
        ("", "endpoints") => "services/endpoints",
        ("", "services") => "services/specs",
        ("", "nodes") => "minions",
        ("networking.k8s.io", "ingresses") => "ingress",
        ("apiextensions.k8s.io" or "apiregistration.k8s.io", _) => info.Group + "/" + info.Resource,
        _ => info.Resource,
    };
}
