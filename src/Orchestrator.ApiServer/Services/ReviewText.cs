using System.Text.Json;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Codecs;

namespace Orchestrator.ApiServer.Services;

/// <summary>Reviews that webhooks answer, read as client-go reads them.</summary>
internal static class ReviewText
{
    /// <summary>The scheme of reviews of access and of tokens; messages tell it.</summary>
    public const string ClientScheme = "k8s.io/client-go/kubernetes/scheme/register.go:82";

    /// <summary>The scheme of reviews of admission and conversion.</summary>
    public const string WebhookScheme = "k8s.io/apiserver/pkg/util/webhook/client.go:71";

    /// <summary>A review. What an answer does not tell of its kind is taken for what was asked.</summary>
    /// <param name="answer">The answer's body: JSON, or YAML.</param>
    /// <param name="apiVersion">The version that was asked in.</param>
    /// <param name="kind">The kind of review.</param>
    /// <param name="scheme">For messages.</param>
    /// <exception cref="FormatException">It is none, or of another version; the message is client-go's.</exception>
    public static T Read<T>(byte[] answer, string apiVersion, string kind, string scheme)
        where T : ApiStruct, new()
    {
        try
        {
            var json = YamlText.ToJson(answer, strict: false, out _);
            var (givenVersion, givenKind) = TypeMetaSniffer.ReadChecked(json);
            (givenVersion, givenKind) = (givenVersion.Length > 0 ? givenVersion : apiVersion, givenKind.Length > 0 ? givenKind : kind);
            if (givenVersion == apiVersion && givenKind == kind)
            {
                return ApiJson.Read<T>(json);
            }

            var (group, wanted) = Split(apiVersion);
            var (otherGroup, other) = Split(givenVersion);
            throw new FormatException(
                otherGroup == group && other is "v1" or "v1beta1" && givenKind == kind
                    ? $"converting ({other}.{kind}) to ({wanted}.{kind}): unknown conversion"
                    : $"no kind \"{givenKind}\" is registered for version \"{givenVersion}\" in scheme \"{scheme}\"");
        }
        catch (Exception broken) when (broken is JsonException or ApiDecodeException)
        {
            throw new FormatException(broken.Message);
        }
    }

    private static (string Group, string Version) Split(string apiVersion)
    {
        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? ("", apiVersion) : (apiVersion[..slash], apiVersion[(slash + 1)..]);
    }
}
