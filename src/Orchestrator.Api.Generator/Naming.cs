using System.Collections.Generic;
using System.Text;

namespace Orchestrator.Api.Generator;

/// <summary>From the tables' names to C#'s.</summary>
internal static class Naming
{
    private static readonly Dictionary<string, string> Namespaces = new()
    {
        ["admissionregistration"] = "AdmissionRegistration",
        ["apidiscovery"] = "ApiDiscovery",
        ["apiserver"] = "ServerConfig",
        ["apiextensions"] = "ApiExtensions",
        ["apiregistration"] = "ApiRegistration",
        ["clientauthentication"] = "ClientAuthentication",
        ["flowcontrol"] = "FlowControl",
        ["resource"] = "Resources",
    };

    /// <summary><c>core_v1</c> → <c>Orchestrator.Api.Core.V1</c>.</summary>
    public static string Namespace(string file)
    {
        var cut = file.IndexOf('_');
        var group = cut < 0 ? file : file.Substring(0, cut);
        var version = cut < 0 ? "" : "." + Pascal(file.Substring(cut + 1));
        var name = Namespaces.TryGetValue(group, out var known) ? known : Pascal(group);
        return "Orchestrator.Api." + name + version;
    }

    public static string Pascal(string name) => char.ToUpperInvariant(name[0]) + name.Substring(1);

    public static string Property(FieldRow row, string typeName)
    {
        var name = IsIdentifier(row.Name) ? Pascal(row.Name) : row.GoField;
        return name == typeName || name is "TypeSchema" or "ApiType" ? name + "Value" : name;
    }

    public static bool IsIdentifier(string text)
    {
        if (text.Length == 0 || !(char.IsLetter(text[0]) || text[0] == '_'))
        {
            return false;
        }

        foreach (var c in text)
        {
            if (!char.IsLetterOrDigit(c) && c != '_')
            {
                return false;
            }
        }

        return true;
    }

    public static string Literal(string text)
    {
        var builder = new StringBuilder("\"");
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => builder.Append("\\\""),
                '\\' => builder.Append("\\\\"),
                '\n' => builder.Append("\\n"),
                '\t' => builder.Append("\\t"),
                _ => builder.Append(c),
            };
        }

        return builder.Append('"').ToString();
    }
}
