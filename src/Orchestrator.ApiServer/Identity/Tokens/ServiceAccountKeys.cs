using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestrator.ApiServer.Identity.Certificates;

namespace Orchestrator.ApiServer.Identity.Tokens;

/// <summary>The key that signs service-account tokens, and those whose signatures are accepted.</summary>
/// <remarks>Further public keys in <c>sa.pub</c> stay accepted: that is how the key is changed without invalidating tokens in use.</remarks>
public sealed class ServiceAccountKeys
{
    private readonly ECDsa _signing;
    private readonly JsonWebKey[] _accepted;

    private ServiceAccountKeys(ECDsa signing, IEnumerable<AsymmetricAlgorithm> others)
    {
        _signing = signing;
        SigningKeyId = JsonWebKey.IdOf(signing);
        _accepted = [new(SigningKeyId, signing), .. others.Select(static k => new JsonWebKey(JsonWebKey.IdOf(k), k)).Where(k => k.Id != SigningKeyId)];
        var document = new JsonObject { ["keys"] = new JsonArray(_accepted.Select(static k => (JsonNode)k.ToJson()).ToArray()) };
        KeySet = JsonSerializer.SerializeToUtf8Bytes(document);
    }

    /// <summary>The document of <c>/openid/v1/jwks</c> (application/jwk-set+json).</summary>
    public byte[] KeySet { get; }

    internal string SigningKeyId { get; }

    internal IReadOnlyList<JsonWebKey> Accepted => _accepted;

    /// <summary>The document of <c>/.well-known/openid-configuration</c> (application/json).</summary>
    /// <param name="issuer">The issuer of tokens.</param>
    /// <param name="keySetUri">Where clients find <see cref="KeySet"/>.</param>
    public byte[] Discovery(string issuer, string keySetUri) => JsonSerializer.SerializeToUtf8Bytes(new JsonObject
    {
        ["issuer"] = issuer,
        ["jwks_uri"] = keySetUri,
        ["response_types_supported"] = new JsonArray("id_token"),
        ["subject_types_supported"] = new JsonArray("public"),
        ["id_token_signing_alg_values_supported"] = new JsonArray(_accepted.Select(static k => k.Algorithm).Distinct().Select(static a => (JsonNode)a).ToArray()),
    });

    internal string Sign(JsonObject claims) => JsonWebToken.Sign(claims, _signing, SigningKeyId);

    internal static ServiceAccountKeys Open(string keyFile, string publicFile)
    {
        var signing = ECDsa.Create();
        if (File.Exists(keyFile))
        {
            signing.ImportFromPem(File.ReadAllText(keyFile));
        }
        else
        {
            signing.GenerateKey(ECCurve.NamedCurves.nistP256);
            CertificatePem.WriteFile(keyFile, signing.ExportPkcs8PrivateKeyPem() + "\n", secret: true);
        }

        var others = File.Exists(publicFile) ? ReadPublicKeys(File.ReadAllText(publicFile)) : [];
        if (others.Count == 0)
        {
            CertificatePem.WriteFile(publicFile, signing.ExportSubjectPublicKeyInfoPem() + "\n", secret: false);
        }

        return new(signing, others);
    }

    /// <summary>A key that lives in this process only.</summary>
    internal static ServiceAccountKeys Ephemeral() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256), []);

    private static List<AsymmetricAlgorithm> ReadPublicKeys(string text)
    {
        var keys = new List<AsymmetricAlgorithm>();
        for (var rest = text.AsSpan(); PemEncoding.TryFind(rest, out var fields); rest = rest[fields.Location.End..])
        {
            var pem = rest[fields.Location];
            if (rest[fields.Label] is not "PUBLIC KEY")
            {
                continue;
            }

            try
            {
                var ec = ECDsa.Create();
                ec.ImportFromPem(pem);
                keys.Add(ec);
            }
            catch (CryptographicException)
            {
                var rsa = RSA.Create();
                rsa.ImportFromPem(pem);
                keys.Add(rsa);
            }
        }

        return keys;
    }
}
