using System.Security.Cryptography;
using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Admission;

namespace Orchestrator.ApiServer.Identity.Authentication;

/// <summary>Tokens of joining nodes, <c>id.secret</c>, which are Secrets <c>bootstrap-token-id</c> in kube-system.</summary>
internal sealed class BootstrapTokenAuthenticator(IObjectLister objects, TimeProvider time) : ITokenAuthenticator
{
    public const string SecretType = "bootstrap.kubernetes.io/token";
    public const string SecretPrefix = "bootstrap-token-";
    private const int IdLength = 6;
    private const int SecretLength = 16;

    public ValueTask<AuthenticationResult> AuthenticateAsync(string token, IReadOnlyList<string> audiences, CancellationToken cancellationToken) =>
        new(Authenticate(token, audiences));

    private AuthenticationResult Authenticate(string token, IReadOnlyList<string> audiences)
    {
        if (token.Length != IdLength + 1 + SecretLength || token[IdLength] != '.' || !IsToken(token.AsSpan(0, IdLength)) || !IsToken(token.AsSpan(IdLength + 1)))
        {
            return AuthenticationResult.None;
        }

        var id = token[..IdLength];
        var secret = objects.Get<Secret>("kube-system", SecretPrefix + id);
        if (secret is null || secret.Type != SecretType || secret.Metadata.DeletionTimestamp is not null
            || Text(secret, "token-id") != id
            || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Text(secret, "token-secret")), Encoding.UTF8.GetBytes(token[(IdLength + 1)..]))
            || Text(secret, "usage-bootstrap-authentication") != "true"
            || IsOver(Text(secret, "expiration")))
        {
            return AuthenticationResult.None;
        }

        var groups = new SortedSet<string>(StringComparer.Ordinal) { Groups.Bootstrappers };
        foreach (var group in Text(secret, "auth-extra-groups").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!group.StartsWith(Groups.Bootstrappers + ":", StringComparison.Ordinal))
            {
                return AuthenticationResult.None;
            }

            groups.Add(group);
        }

        return AuthenticationResult.Recognised(new UserInfo { Name = Groups.BootstrapUserPrefix + id, Groups = [.. groups, Groups.Authenticated] }, audiences);
    }

    private bool IsOver(string expiration) =>
        expiration.Length > 0 && (!ApiTime.TryParse(expiration, out var end) || end <= time.GetUtcNow());

    private static string Text(Secret secret, string key) => secret.Data.TryGetValue(key, out var bytes) && bytes is not null ? Encoding.UTF8.GetString(bytes) : "";

    private static bool IsToken(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (c is not ((>= 'a' and <= 'z') or (>= '0' and <= '9')))
            {
                return false;
            }
        }

        return true;
    }
}
