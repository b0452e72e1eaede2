using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orchestrator.ApiServer.Identity.Tokens;

/// <summary>A signed token (JWS, compact form), read but not yet trusted.</summary>
internal sealed class JsonWebToken
{
    private readonly byte[] _signed;
    private readonly byte[] _signature;

    private JsonWebToken(string algorithm, string keyId, JsonElement claims, byte[] signed, byte[] signature)
    {
        Algorithm = algorithm;
        KeyId = keyId;
        Claims = claims;
        _signed = signed;
        _signature = signature;
    }

    public string Algorithm { get; }

    /// <summary>"" if the token names no key.</summary>
    public string KeyId { get; }

    public JsonElement Claims { get; }

    public string Issuer => Text("iss");

    public string Subject => Text("sub");

    /// <summary>The claim <c>aud</c>, a text or a list of them.</summary>
    public IReadOnlyList<string> Audiences => Texts("aud");

    /// <summary>Reads a token; null if it is none.</summary>
    public static JsonWebToken? TryParse(string token)
    {
        var first = token.IndexOf('.', StringComparison.Ordinal);
        var second = first < 0 ? -1 : token.IndexOf('.', first + 1);
        if (second < 0 || token.IndexOf('.', second + 1) >= 0)
        {
            return null;
        }

        try
        {
            using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(token.AsSpan(0, first)));
            using var payload = JsonDocument.Parse(Base64Url.DecodeFromChars(token.AsSpan(first + 1, second - first - 1)));
            if (header.RootElement.ValueKind != JsonValueKind.Object || payload.RootElement.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            return new(
                TextOf(header.RootElement, "alg"),
                TextOf(header.RootElement, "kid"),
                payload.RootElement.Clone(),
                Encoding.ASCII.GetBytes(token, 0, second),
                Base64Url.DecodeFromChars(token.AsSpan(second + 1)));
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Signs claims.</summary>
    public static string Sign(JsonObject claims, ECDsa key, string keyId)
    {
        var header = new JsonObject { ["alg"] = "ES256", ["kid"] = keyId };
        var signed = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header.ToJsonString())) + "." + Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims.ToJsonString()));
        var signature = key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return signed + "." + Base64Url.EncodeToString(signature);
    }

    public bool IsSignedBy(JsonWebKey key)
    {
        try
        {
            return key.Verify(Algorithm, _signed, _signature);
        }
        catch (CryptographicException)
        {
            // A signature of the wrong length.
            return false;
        }
    }

    /// <summary>Whether one of the keys signed it; a key with the token's id is the only one tried.</summary>
    public bool IsSignedBy(IReadOnlyList<JsonWebKey> keys)
    {
        var named = false;
        foreach (var key in keys)
        {
            if (KeyId.Length > 0 && key.Id == KeyId)
            {
                named = true;
                if (IsSignedBy(key))
                {
                    return true;
                }
            }
        }

        return !named && keys.Any(IsSignedBy);
    }

    /// <summary>Whether one of the keys signed it; if the token names one, that one.</summary>
    public bool IsSignedByNamed(IReadOnlyList<JsonWebKey> keys) => keys.Any(k => (KeyId.Length == 0 || k.Id == KeyId) && IsSignedBy(k));

    public string Text(string claim) => TextOf(Claims, claim);

    public IReadOnlyList<string> Texts(string claim)
    {
        if (!Claims.TryGetProperty(claim, out var value))
        {
            return [];
        }

        return value.ValueKind switch
        {
            JsonValueKind.String => [value.GetString()!],
            JsonValueKind.Array => value.EnumerateArray().Where(static v => v.ValueKind == JsonValueKind.String).Select(static v => v.GetString()!).ToArray(),
            _ => [],
        };
    }

    /// <summary>A claim of seconds since 1970; null if absent or no number.</summary>
    public DateTimeOffset? Time(string claim) =>
        Claims.TryGetProperty(claim, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var seconds) && seconds is >= 0 and < 253402300800
            ? DateTimeOffset.UnixEpoch.AddSeconds(Math.Floor(seconds))
            : null;

    private static string TextOf(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
