using System.Text;
using System.Text.Json;
using Orchestrator.Agent.Pods;

namespace Orchestrator.Agent.Images;

/// <summary>Finds the credentials for an image among a pod's pull secrets.</summary>
internal sealed class RegistryCredentials(INodeApi api)
{
    /// <summary>The credentials that fit an image, in the order of the secrets.</summary>
    public async Task<IReadOnlyList<Cri.AuthConfig>> ForAsync(Pod pod, string image, CancellationToken cancellationToken)
    {
        var found = new List<Cri.AuthConfig>();
        foreach (var reference in pod.Spec.ImagePullSecrets.Where(r => r.Name.Length > 0))
        {
            if (await api.GetSecretAsync(pod.Metadata.Namespace, reference.Name, cancellationToken) is { } secret)
            {
                found.AddRange(Parse(secret, image));
            }
        }

        return found;
    }

    /// <summary>The entries of a secret whose registry is the image's.</summary>
    internal static IEnumerable<Cri.AuthConfig> Parse(Secret secret, string image)
    {
        var (key, wrapped) = secret.Type switch
        {
            "kubernetes.io/dockerconfigjson" => (".dockerconfigjson", true),
            "kubernetes.io/dockercfg" => (".dockercfg", false),
            _ => ("", false),
        };
        if (!secret.Data.TryGetValue(key, out var bytes) || TryParse(bytes) is not { } document)
        {
            yield break;
        }

        using (document)
        {
            var auths = document.RootElement;
            if (wrapped && !auths.TryGetProperty("auths", out auths))
            {
                yield break;
            }

            // The longest match first: a path is more telling than a host.
            foreach (var entry in auths.EnumerateObject().Where(e => Fits(e.Name, image)).OrderByDescending(e => e.Name.Length))
            {
                yield return ToAuth(entry.Value);
            }
        }
    }

    private static JsonDocument? TryParse(byte[] bytes)
    {
        try
        {
            return JsonDocument.Parse(bytes);
        }
        catch (JsonException)
        {
            // The user's secret is no JSON: it gives no credentials, and the pull tells of it.
            return null;
        }
    }

    private static bool Fits(string registry, string image)
    {
        var bare = registry;
        foreach (var scheme in new[] { "https://", "http://" })
        {
            bare = bare.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) ? bare[scheme.Length..] : bare;
        }

        bare = bare.TrimEnd('/');
        foreach (var suffix in new[] { "/v1", "/v2" })
        {
            bare = bare.EndsWith(suffix, StringComparison.Ordinal) ? bare[..^suffix.Length] : bare;
        }

        if (bare is "index.docker.io")
        {
            bare = "docker.io";
        }

        if (bare.StartsWith("*.", StringComparison.Ordinal))
        {
            var slash = image.IndexOf('/');
            var host = slash < 0 ? image : image[..slash];
            return host.EndsWith(bare[1..], StringComparison.Ordinal) && !host[..^(bare.Length - 1)].Contains('.');
        }

        return image.StartsWith(bare + "/", StringComparison.Ordinal) || image == bare || image.StartsWith(bare + ":", StringComparison.Ordinal);
    }

    private static Cri.AuthConfig ToAuth(JsonElement entry)
    {
        string Text(string name) => entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

        var auth = new Cri.AuthConfig { Username = Text("username"), Password = Text("password"), IdentityToken = Text("identitytoken") };
        if (auth.Username.Length == 0 && Text("auth") is { Length: > 0 } encoded)
        {
            var buffer = new byte[encoded.Length];
            if (Convert.TryFromBase64String(encoded, buffer, out var length))
            {
                var pair = Encoding.UTF8.GetString(buffer, 0, length);
                var colon = pair.IndexOf(':');
                if (colon > 0)
                {
                    auth.Username = pair[..colon];
                    auth.Password = pair[(colon + 1)..].TrimEnd('\0');
                }
            }
        }

        return auth;
    }
}
