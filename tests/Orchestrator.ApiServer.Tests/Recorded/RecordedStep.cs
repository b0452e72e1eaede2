using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Orchestrator.Api;

namespace Orchestrator.ApiServer.Tests.Recorded;

/// <summary>A recorded POST or PUT of a built-in kind that the rules alone can answer.</summary>
internal sealed partial record RecordedStep(
    string Id, string Method, ResourceInfo Resource, string Namespace, string Name, string Subresource, JsonNode Body, int Status, JsonNode Answer, string Warning)
{
    public bool IsCreate => Method == "POST";

    /// <summary>Reads a step; null if it is not of this sort.</summary>
    public static RecordedStep? Read(JsonNode step, Func<string, string> resolve)
    {
        var request = step["request"]!;
        var method = (string)request["method"]!;
        var status = (int)step["response"]!["status"]!;
        var headers = request["headers"] as JsonObject;
        if (method is not ("POST" or "PUT" or "PATCH") || (method == "PATCH" && ((string?)headers?["Content-Type"] != "application/merge-patch+json")) || status is not (200 or 201 or 422) || request["body"] is not JsonObject body || step["response"]!["body"] is not JsonObject answer
            || ((string?)headers?["Accept"] ?? "application/json") != "application/json" || ((string?)headers?["Content-Type"])?.Contains("protobuf") == true)
        {
            return null;
        }

        var path = resolve((string)request["path"]!);
        if (Address.Read(path) is not { } address)
        {
            return null;
        }

        return new((string)step["id"]!, method, address.Resource, address.Namespace, address.Name, address.Subresource,
            JsonNode.Parse(resolve(body.ToJsonString()))!, status, answer, (string?)step["response"]!["headers"]?["warning"] ?? "");
    }

    /// <summary>Where a request goes.</summary>
    public sealed partial record Address(ResourceInfo Resource, string Namespace, string Name, string Subresource)
    {
        public string Key => Resource.GroupResource + "/" + Namespace + "/" + Name;

        public static Address? Read(string path)
        {
            var match = Pattern().Match(path.Split('?')[0]);
            if (!match.Success)
            {
                return null;
            }

            var group = match.Groups["group"].Value;
            var resource = ResourceTable.All.FirstOrDefault(r => r.Group == group && r.Version == match.Groups["version"].Value && r.Resource == match.Groups["resource"].Value);
            return resource is null ? null : new(resource, match.Groups["ns"].Value, Uri.UnescapeDataString(match.Groups["name"].Value), match.Groups["sub"].Value);
        }

        [GeneratedRegex("^/(api|apis/(?<group>[^/]+))/(?<version>[^/]+)(/namespaces/(?<ns>[^/]+)(?=/(?!status$|finalize$)))?/(?<resource>[^/]+)(/(?<name>[^/]+)(/(?<sub>.+))?)?$")]
        private static partial Regex Pattern();
    }
}
