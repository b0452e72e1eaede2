using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Codecs;

namespace Orchestrator.ApiServer.Configuration;

/// <summary>Reads configuration files as upstream's strict decoder does: nothing unknown, nothing twice, everything of its type.</summary>
internal static class ConfigDecoder
{
    /// <summary>The object of a file.</summary>
    /// <param name="text">The file: YAML or JSON.</param>
    /// <param name="kind">The kind that it must be of.</param>
    /// <param name="scheme">The kinds that are known.</param>
    /// <param name="isStrict">Whether unknown fields and those given twice are faults.</param>
    /// <exception cref="FormatException">It is not of that kind, or wrong; the message is upstream's.</exception>
    public static T Read<T>(byte[] text, string kind, ConfigScheme scheme, bool isStrict = true)
        where T : ApiStruct, new()
    {
        try
        {
            // 1. What is it?
            var json = YamlText.ToJson(text, strict: true, out var duplicates);
            var (apiVersion, given) = TypeMetaSniffer.ReadChecked(json);
            if (given.Length == 0 || apiVersion.Length == 0)
            {
                throw new FormatException($"Object '{(given.Length == 0 ? "Kind" : "apiVersion")}' is missing in '{Encoding.UTF8.GetString(text)}'");
            }

            if (!scheme.Knows(apiVersion, given))
            {
                throw new FormatException($"no kind \"{given}\" is registered for version \"{apiVersion}\" in scheme \"{scheme.Name}\"");
            }

            if (given != kind && scheme.Aliases.GetValueOrDefault(given) != kind)
            {
                throw new FormatException(scheme.Mismatch(apiVersion, given, kind));
            }

            // 2. The object. YAML reaches upstream's decoder by way of a map, whose keys are sorted.
            var issues = new DecodeIssues();
            var value = ApiJson.Read<T>(json, issues);
            IEnumerable<string> unknown = ReferenceEquals(json, text) ? issues.Messages : issues.Messages.Order(StringComparer.Ordinal);
            string[] faults = [.. duplicates, .. unknown];
            return isStrict && faults.Length > 0 ? throw new FormatException("strict decoding error: " + string.Join(", ", faults)) : value;
        }
        catch (ApiDecodeException wrong)
        {
            throw new FormatException(wrong.Message);
        }
    }
}
