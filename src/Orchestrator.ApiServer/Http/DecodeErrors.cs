using Orchestrator.Api;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Http;

/// <summary>The texts of a body that cannot be decoded (apiserver's negotiation and transformDecodeError).</summary>
internal static class DecodeErrors
{
    private const string Scheme = "pkg/api/legacyscheme/scheme.go:30";

    /// <summary>The body's kind is known but the body does not fit it.</summary>
    public static ApiException CannotBeHandled(string apiVersion, string kind, string expectedKind, string why) =>
        Errors.BadRequest($"{kind} in version \"{VersionOf(apiVersion)}\" cannot be handled as a {expectedKind}: {why}");

    /// <summary>The body's kind cannot be told.</summary>
    public static ApiException Unrecognized(string expectedKind, string why, ReadOnlySpan<byte> body) =>
        Errors.BadRequest($"the object provided is unrecognized (must be of type {expectedKind}): {why} ({Summary(body)})");

    public static ApiException NotRegistered(string apiVersion, string kind, string expectedKind) =>
        CannotBeHandled(apiVersion, kind, expectedKind, $"no kind \"{kind}\" is registered for version \"{apiVersion}\" in scheme \"{Scheme}\"");

    public static ApiException UnknownConversion(string apiVersion, string kind, string expectedVersion, string expectedKind) =>
        CannotBeHandled(apiVersion, kind, expectedKind, $"converting ({VersionOf(apiVersion)}.{kind}) to ({GoTypeName.Of(expectedVersion, expectedKind)}): unknown conversion");

    public static ApiException VersionMismatch(string given, string expected) =>
        Errors.BadRequest($"the API version in the data ({given}) does not match the expected API version ({expected})");

    private static string VersionOf(string apiVersion)
    {
        var slash = apiVersion.LastIndexOf('/');
        return slash < 0 ? apiVersion : apiVersion[(slash + 1)..];
    }

    /// <summary>The first 30 bytes: as they are if they are printable text, else in hexadecimal.</summary>
    private static string Summary(ReadOnlySpan<byte> body)
    {
        const int Shown = 30;
        if (body.Length == 0)
        {
            return "<empty>";
        }

        var looksLikeJson = false;
        foreach (var b in body)
        {
            if (b is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
            {
                continue;
            }

            looksLikeJson = b == '{';
            break;
        }

        var more = body.Length > Shown ? " ..." : "";
        var head = body[..Math.Min(body.Length, Shown)];
        return looksLikeJson
            ? System.Text.Encoding.UTF8.GetString(head) + more
            : Convert.ToHexStringLower(head) + more;
    }
}
