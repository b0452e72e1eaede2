using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.Client;

/// <summary>
/// What a node needs to join: a bootstrap token (<c>id.secret</c>) and, after an <c>@</c>, the pin of the cluster's CA (<c>sha256:…</c>), by which the
/// node knows the cluster before it trusts it.
/// </summary>
public sealed record JoinToken(string Id, string Secret, string Pin)
{
    private const string Characters = "abcdefghijklmnopqrstuvwxyz0123456789";
    private const int IdLength = 6;
    private const int SecretLength = 16;

    /// <summary>The token without the pin, as a bearer token.</summary>
    public string Bearer => Id + "." + Secret;

    /// <summary>A new token.</summary>
    public static JoinToken Create(string pin) =>
        new(RandomNumberGenerator.GetString(Characters, IdLength), RandomNumberGenerator.GetString(Characters, SecretLength), pin);

    /// <summary>Reads a token. The pin may be missing ("") only where <paramref name="text"/> has no <c>@</c>.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out JoinToken? token)
    {
        token = null;
        var at = text.IndexOf('@', StringComparison.Ordinal);
        var (bearer, pin) = at < 0 ? (text, "") : (text[..at], text[(at + 1)..]);
        if (bearer.Length != IdLength + 1 + SecretLength || bearer[IdLength] != '.'
            || bearer.AsSpan(0, IdLength).ContainsAnyExcept(Characters) || bearer.AsSpan(IdLength + 1).ContainsAnyExcept(Characters)
            || (at >= 0 && !(pin.StartsWith("sha256:", StringComparison.Ordinal) && pin.Length == 71 && pin.AsSpan(7).IndexOfAnyExcept("0123456789abcdef") < 0)))
        {
            return false;
        }

        token = new(bearer[..IdLength], bearer[(IdLength + 1)..], pin);
        return true;
    }

    /// <summary>The Secret that makes the server accept the token.</summary>
    /// <param name="expires">When it ends; null for never.</param>
    /// <param name="description">Says to people what it is for.</param>
    public Secret ToSecret(DateTimeOffset? expires, string description)
    {
        var data = ApiMap<byte[]>.Empty
            .With("token-id", Encoding.UTF8.GetBytes(Id))
            .With("token-secret", Encoding.UTF8.GetBytes(Secret))
            .With("usage-bootstrap-authentication", "true"u8.ToArray())
            .With("usage-bootstrap-signing", "true"u8.ToArray())
            .With("auth-extra-groups", "system:bootstrappers:kubeadm:default-node-token"u8.ToArray());
        if (expires is { } end)
        {
            data = data.With("expiration", Encoding.UTF8.GetBytes(end.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)));
        }

        if (description.Length > 0)
        {
            data = data.With("description", Encoding.UTF8.GetBytes(description));
        }

        return new Secret
        {
            Metadata = new() { Namespace = "kube-system", Name = "bootstrap-token-" + Id },
            Type = "bootstrap.kubernetes.io/token",
            Data = data,
        };
    }

    public override string ToString() => Pin.Length > 0 ? Bearer + "@" + Pin : Bearer;
}
