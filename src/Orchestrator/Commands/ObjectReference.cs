using Orchestrator.Api;
using Orchestrator.Client;
using Orchestrator.Settings;

namespace Orchestrator.Commands;

/// <summary>An object as a command line names it: <c>deployment/web</c>.</summary>
internal static class ObjectReference
{
    /// <exception cref="SettingException">The text is no reference, or names a kind that is not built in.</exception>
    public static ResourcePath Parse(string text, string defaultNamespace)
    {
        var parts = text.Split('/');
        var resource = parts is [{ Length: > 0 } type, { Length: > 0 }]
            ? ResourceTable.All.FirstOrDefault(resource => resource.Resource == type || resource.Singular == type || resource.ShortNames.Contains(type))
            : throw new SettingException($"'{text}' names no object; it takes TYPE/NAME, such as deployment/web");
        return resource is null
            ? throw new SettingException($"there is no built-in type '{parts[0]}'")
            : new(resource, resource.Namespaced ? defaultNamespace : "", parts[1]);
    }
}
