using System.Text;
using System.Text.Json;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Lists;

/// <summary>Where the next page of a list starts: unpadded URL-safe base64 of <c>{"v":"meta.k8s.io/v1","rv":1,"start":"key","since":1}</c>.</summary>
/// <param name="Revision">The state that the list shows.</param>
/// <param name="Start">The first key of the next page.</param>
/// <param name="Since">When the list began, in seconds of Unix time; 0 if nobody knows.</param>
internal readonly record struct ContinueToken(long Revision, string Start, long Since)
{
    /// <summary>The revision of tokens that go on at whatever is newest, after a compaction.</summary>
    public const long Inconsistent = -1;

    private const string VersionText = "meta.k8s.io/v1";

    public override string ToString()
    {
        var json = new ApiMap<object?>();
        json.SetSlot("v", VersionText);
        json.SetSlot("rv", Revision);
        json.SetSlot("start", Start);
        if (Since > 0)
        {
            json.SetSlot("since", Since);
        }

        return Convert.ToBase64String(ApiJson.WriteValueToArray(json)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
    }

    /// <exception cref="ApiException">400: not a token of ours.</exception>
    public static ContinueToken Parse(string text)
    {
        byte[] bytes;
        try
        {
            var padded = text.Replace('-', '+').Replace('_', '/');
            bytes = Convert.FromBase64String(padded + new string('=', (4 - (padded.Length % 4)) % 4));
        }
        catch (FormatException)
        {
            var bad = text.AsSpan().IndexOfAnyExcept("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
            throw Invalid("illegal base64 data at input byte " + (bad < 0 ? text.Length - 1 : bad));
        }

        ApiMap<object?>? map;
        try
        {
            map = ApiJson.ReadValue(bytes) as ApiMap<object?>;
        }
        catch (JsonException)
        {
            var first = Encoding.UTF8.GetString(bytes).TrimStart();
            throw Invalid(first.Length == 0 ? "unexpected end of JSON input" : $"invalid character '{first[0]}' looking for beginning of value");
        }

        if (map is null)
        {
            throw Invalid("json: cannot unmarshal into Go value of type storage.continueToken");
        }

        var version = map.TryGetSlot("v", out var v) && v is string s ? s : "";
        if (version != VersionText)
        {
            throw Invalid($"server does not recognize this encoded version {version}");
        }

        var revision = map.TryGetSlot("rv", out var rv) && rv is long number ? number : 0;
        if (revision == 0)
        {
            throw Invalid("incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
        }

        var start = map.TryGetSlot("start", out var key) && key is string k ? k : "";
        if (start.Length == 0)
        {
            throw Invalid("encoded start key empty (version meta.k8s.io/v1)");
        }

        // A start that climbs out of its own collection would be another's key; upstream takes none that its path cleaner would change.
        if (!IsClean(start))
        {
            throw Invalid(start);
        }

        return new(revision, start, map.TryGetSlot("since", out var at) && at is long since ? since : 0);
    }

    private static bool IsClean(string start)
    {
        var parts = (start[0] == '/' ? start[1..] : start).Split('/');
        return !parts.Any(static p => p is "" or "." or "..");
    }

    private static ApiException Invalid(string why) => Errors.BadRequest("invalid continue token: continue key is not valid: " + why);
}
