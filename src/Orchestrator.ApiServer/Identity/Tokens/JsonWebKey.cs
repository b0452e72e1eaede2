using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Orchestrator.ApiServer.Identity.Tokens;

/// <summary>A public key that signs tokens: RSA or EC, with its key id. May be used by several threads at once.</summary>
internal sealed class JsonWebKey
{
    private readonly AsymmetricAlgorithm _key;

    public JsonWebKey(string id, AsymmetricAlgorithm key)
    {
        Id = id;
        _key = key;
    }

    public string Id { get; }

    /// <summary>The algorithm that tokens of this key name by default.</summary>
    public string Algorithm => _key switch
    {
        ECDsa { KeySize: 384 } => "ES384",
        ECDsa { KeySize: 521 } => "ES512",
        ECDsa => "ES256",
        _ => "RS256",
    };

    /// <summary>Upstream's key id: the SHA-256 of the public key, base64url.</summary>
    public static string IdOf(AsymmetricAlgorithm key) => Base64Url.EncodeToString(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));

    public bool Verify(string algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (algorithm.Length != 5 || HashOf(algorithm) is not { } hash)
        {
            return false;
        }

        // The key decides which family is acceptable: a token must not choose how it is checked.
        return _key switch
        {
            ECDsa ec => algorithm == Algorithm && ec.VerifyData(data, signature, hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation),
            RSA rsa when algorithm.StartsWith("RS", StringComparison.Ordinal) => rsa.VerifyData(data, signature, hash, RSASignaturePadding.Pkcs1),
            RSA rsa when algorithm.StartsWith("PS", StringComparison.Ordinal) => rsa.VerifyData(data, signature, hash, RSASignaturePadding.Pss),
            _ => false,
        };
    }

    /// <summary>The key as a JWK.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject { ["use"] = "sig" };
        if (_key is ECDsa ec)
        {
            var p = ec.ExportParameters(includePrivateParameters: false);
            json["kty"] = "EC";
            json["kid"] = Id;
            json["crv"] = ec.KeySize switch { 384 => "P-384", 521 => "P-521", _ => "P-256" };
            json["alg"] = Algorithm;
            json["x"] = Base64Url.EncodeToString(p.Q.X);
            json["y"] = Base64Url.EncodeToString(p.Q.Y);
        }
        else
        {
            var p = ((RSA)_key).ExportParameters(includePrivateParameters: false);
            json["kty"] = "RSA";
            json["kid"] = Id;
            json["alg"] = Algorithm;
            json["n"] = Base64Url.EncodeToString(p.Modulus);
            json["e"] = Base64Url.EncodeToString(p.Exponent);
        }

        return json;
    }

    /// <summary>Reads a JWK; null if it is of a kind that signs nothing here.</summary>
    /// <exception cref="FormatException">A field is no base64url.</exception>
    /// <exception cref="CryptographicException">The numbers are no key.</exception>
    public static JsonWebKey? FromJson(JsonObject json)
    {
        string Text(string name) => json[name]?.GetValue<string>() ?? "";
        if (Text("use") is not ("" or "sig"))
        {
            return null;
        }

        switch (Text("kty"))
        {
            case "RSA":
                return new(Text("kid"), RSA.Create(new RSAParameters { Modulus = Base64Url.DecodeFromChars(Text("n")), Exponent = Base64Url.DecodeFromChars(Text("e")) }));
            case "EC":
                var curve = Text("crv") switch
                {
                    "P-256" => ECCurve.NamedCurves.nistP256,
                    "P-384" => ECCurve.NamedCurves.nistP384,
                    "P-521" => ECCurve.NamedCurves.nistP521,
                    _ => default,
                };
                return curve.Oid is null ? null : new(Text("kid"), ECDsa.Create(new ECParameters
                {
                    Curve = curve,
                    Q = new ECPoint { X = Base64Url.DecodeFromChars(Text("x")), Y = Base64Url.DecodeFromChars(Text("y")) },
                }));
            default:
                return null;
        }
    }

    private static HashAlgorithmName? HashOf(string algorithm) => algorithm.AsSpan(2) switch
    {
        "256" => HashAlgorithmName.SHA256,
        "384" => HashAlgorithmName.SHA384,
        "512" => HashAlgorithmName.SHA512,
        _ => null,
    };
}
