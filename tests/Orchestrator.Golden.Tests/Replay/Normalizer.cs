using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Orchestrator.Golden.Tests.Replay;

/// <summary>Replaces what changes from run to run by the placeholders of the recordings; <c>normalize</c> of <c>record.py</c> is the contract.</summary>
internal static partial class Normalizer
{
    public static JsonNode? Normalize(JsonNode? value) => Normalize(value, "", []);

    private static JsonNode? Normalize(JsonNode? value, string key, List<string> parents)
    {
        switch (value)
        {
            case JsonObject map:
                if (map["kind"] is JsonValue kind && kind.GetValueKind() == JsonValueKind.String && kind.GetValue<string>() == "Table" && map["rows"] is JsonArray)
                {
                    map = TableAges.Replace(map);
                }

                var result = new JsonObject();
                var inColumns = key == "columnDefinitions" || parents.Contains("columnDefinitions");
                parents.Add(key);
                foreach (var (name, member) in map)
                {
                    result[name] = name == "description" && inColumns ? "<text>" : Normalize(member, name, parents);
                }

                parents.RemoveAt(parents.Count - 1);
                return result;
            case JsonArray list:
                return new JsonArray([.. list.Select(item => Normalize(item, key, parents))]);
            case JsonValue scalar when scalar.GetValueKind() == JsonValueKind.String:
                return Text(scalar.GetValue<string>(), key);
            case JsonValue scalar when scalar.GetValueKind() == JsonValueKind.Number:
                return Number(scalar, key);
            default:
                return value?.DeepClone();
        }
    }

    private static string Text(string text, string key)
    {
        switch (key)
        {
            case "resourceVersion" when text != "0" && Digits().IsMatch(text):
                return "<rv>";
            case "continue" when text.Length > 0:
                return "<continue>";
        }

        if (WholeUid().IsMatch(text))
        {
            return "<uid>";
        }

        if (WholeTime().IsMatch(text) && !OfTheRequests(text))
        {
            return "<time>";
        }

        if (WebToken().IsMatch(text))
        {
            return "<jwt>";
        }

        switch (key)
        {
            case "serverAddress":
                return "<address>";
            case "clusterIP" or "clusterIPs" when ClusterAddress().IsMatch(text):
                return "<clusterIP>";
        }

        text = AccessVolume().Replace(text, "kube-api-access-<generated>");
        text = GeneratedName().Replace(text, "gen-<generated>");
        if (text.Length > 20)
        {
            text = UidInside().Replace(text, "<uid>");
            text = VersionInside().Replace(text, "$1<rv>");
            if (!OfTheRequests(text))
            {
                text = TimeInside().Replace(text, "<time>");
            }
        }

        return text;
    }

    private static JsonNode Number(JsonValue number, string key)
    {
        var text = number.ToJsonString();
        if (key is "nodePort" or "healthCheckNodePort" && int.TryParse(text, out var port))
        {
            if (key == "healthCheckNodePort" || port is >= 30000 and <= 32767 and not (30080 or 30081 or 30082))
            {
                return "<nodePort>";
            }
        }

        return number.DeepClone();
    }

    /// <summary>Times that requests set themselves are the same in every run.</summary>
    private static bool OfTheRequests(string text) =>
        text.StartsWith("2000-", StringComparison.Ordinal) || text.StartsWith("2001-", StringComparison.Ordinal) || text.StartsWith("2031-", StringComparison.Ordinal);

    [GeneratedRegex(@"^\d+\z")]
    private static partial Regex Digits();

    [GeneratedRegex(@"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
    private static partial Regex WholeUid();

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex UidInside();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")]
    private static partial Regex WholeTime();

    [GeneratedRegex(@"\b20(2[4-9]|30)-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?(Z|[+-]\d{4}( UTC)?))?")]
    private static partial Regex TimeInside();

    [GeneratedRegex(@"^eyJ[\w-]+\.[\w-]+\.[\w-]*$")]
    private static partial Regex WebToken();

    [GeneratedRegex(@"^10\.96\.\d+\.\d+\z")]
    private static partial Regex ClusterAddress();

    [GeneratedRegex(@"kube-api-access-[a-z0-9]{5}\b")]
    private static partial Regex AccessVolume();

    [GeneratedRegex(@"\bgen-[a-z0-9]{5}\b")]
    private static partial Regex GeneratedName();

    [GeneratedRegex(@"(resourceVersion\\*""?: ?\\*""|ResourceVersion in object meta: |ResourceVersion in record \(|, current: )[1-9]\d*")]
    private static partial Regex VersionInside();
}
