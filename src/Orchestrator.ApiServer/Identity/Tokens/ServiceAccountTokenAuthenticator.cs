using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Admission;
using Orchestrator.ApiServer.Identity.Authentication;

namespace Orchestrator.ApiServer.Identity.Tokens;

/// <summary>
/// Recognises service accounts by their tokens. The signature of a token is checked once and remembered; whether its account and what it is
/// bound to still exist is looked up every time, so a token ends in the moment its object does.
/// </summary>
internal sealed class ServiceAccountTokenAuthenticator(
    ServiceAccountKeys keys, ServiceAccountTokenOptions options, IObjectLister objects, TimeProvider time) : ITokenAuthenticator
{
    public const string LegacyIssuer = "kubernetes/serviceaccount";

    /// <summary>A pod's token outlives the pod's deletion a little, so that what runs can end in order.</summary>
    private static readonly TimeSpan DeletionGrace = TimeSpan.FromSeconds(60);

    /// <summary>Verified tokens remembered; when more come, all are forgotten, which costs one signature check for each in use.</summary>
    private const int RememberedMax = 16384;

    private readonly ConcurrentDictionary<string, Verified> _verified = new(StringComparer.Ordinal);

    public ValueTask<AuthenticationResult> AuthenticateAsync(string token, IReadOnlyList<string> audiences, CancellationToken cancellationToken) =>
        new(Authenticate(token, audiences));

    private AuthenticationResult Authenticate(string token, IReadOnlyList<string> audiences)
    {
        if (!_verified.TryGetValue(token, out var verified))
        {
            var parsed = JsonWebToken.TryParse(token);
            if (parsed is null || (parsed.Issuer != options.Issuer && parsed.Issuer != LegacyIssuer))
            {
                return AuthenticationResult.None;
            }

            if (!parsed.IsSignedBy(keys.Accepted))
            {
                return AuthenticationResult.Refused("invalid signature, no keys found");
            }

            verified = Read(parsed);
            if (_verified.Count >= RememberedMax)
            {
                _verified.Clear();
            }

            _verified[token] = verified;
        }

        var now = time.GetUtcNow();
        if (verified.NotBefore > now)
        {
            return AuthenticationResult.Refused("service account token is not valid yet");
        }

        if (verified.Expires <= now)
        {
            _verified.TryRemove(token, out _);
            return AuthenticationResult.Refused("service account token has expired");
        }

        IReadOnlyList<string> accepted = verified.Legacy ? audiences : verified.Audiences.Where(audiences.Contains).ToArray();
        if (accepted.Count == 0)
        {
            return AuthenticationResult.Refused(
                $"token audiences {Quoted(verified.Audiences)} is invalid for the target audiences {Quoted(audiences)}");
        }

        return WhyInvalid(verified, now) is { } why ? AuthenticationResult.Refused(why) : AuthenticationResult.Recognised(verified.User, accepted);
    }

    private string? WhyInvalid(Verified token, DateTimeOffset now)
    {
        if (token.Namespace.Length == 0 || token.Account.Length == 0 || token.Subject != Groups.ServiceAccountUser(token.Namespace, token.Account))
        {
            return "service account token claims are incomplete";
        }

        var oldest = now - DeletionGrace;
        if (objects.Get<ServiceAccount>(token.Namespace, token.Account) is not { } account)
        {
            return $"serviceaccounts \"{token.Account}\" not found";
        }

        if (account.Metadata.DeletionTimestamp < oldest)
        {
            return "service account token has been invalidated";
        }

        if (account.Metadata.Uid != token.AccountUid)
        {
            return $"service account UID ({account.Metadata.Uid}) does not match claim ({token.AccountUid})";
        }

        // A pod's or secret's end invalidates; a node of a pod's token is only told about, not asked for.
        return IsGone(token.SecretName, token.SecretUid, objects.Get<Secret>, token, oldest)
            ?? IsGone(token.PodName, token.PodUid, objects.Get<Pod>, token, oldest)
            ?? (token.PodName.Length == 0 ? IsGone(token.NodeName, token.NodeUid, (_, name) => objects.Get<Node>("", name), token, oldest) : null);
    }

    private static string? IsGone<T>(string name, string uid, Func<string, string, T?> get, Verified token, DateTimeOffset oldest)
        where T : ApiObject
    {
        if (name.Length == 0)
        {
            return null;
        }

        var bound = get(token.Namespace, name);
        return bound is null || bound.Metadata.DeletionTimestamp < oldest || (uid.Length > 0 && bound.Metadata.Uid != uid)
            ? "service account token has been invalidated"
            : null;
    }

    private static Verified Read(JsonWebToken token)
    {
        if (token.Issuer == LegacyIssuer)
        {
            return new(token, legacy: true)
            {
                Namespace = token.Text("kubernetes.io/serviceaccount/namespace"),
                Account = token.Text("kubernetes.io/serviceaccount/service-account.name"),
                AccountUid = token.Text("kubernetes.io/serviceaccount/service-account.uid"),
                SecretName = token.Text("kubernetes.io/serviceaccount/secret.name"),
            };
        }

        token.Claims.TryGetProperty("kubernetes.io", out var claims);
        return new(token, legacy: false)
        {
            Namespace = Text(claims, "namespace"),
            Account = Text(Nested(claims, "serviceaccount"), "name"),
            AccountUid = Text(Nested(claims, "serviceaccount"), "uid"),
            PodName = Text(Nested(claims, "pod"), "name"),
            PodUid = Text(Nested(claims, "pod"), "uid"),
            SecretName = Text(Nested(claims, "secret"), "name"),
            SecretUid = Text(Nested(claims, "secret"), "uid"),
            NodeName = Text(Nested(claims, "node"), "name"),
            NodeUid = Text(Nested(claims, "node"), "uid"),
        };
    }

    private static JsonElement Nested(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : default;

    private static string Text(JsonElement element, string name) =>
        Nested(element, name) is { ValueKind: JsonValueKind.String } value ? value.GetString()! : "";

    /// <summary>Texts as Go prints them with %q.</summary>
    private static string Quoted(IReadOnlyList<string> texts)
    {
        var builder = new StringBuilder("[");
        for (var i = 0; i < texts.Count; i++)
        {
            builder.Append(i > 0 ? " " : "").Append(Api.Json.GoText.Quote(texts[i]));
        }

        return builder.Append(']').ToString();
    }

    private sealed class Verified(JsonWebToken token, bool legacy)
    {
        private UserInfo? _user;

        public bool Legacy { get; } = legacy;

        public string Subject { get; } = token.Subject;

        public IReadOnlyList<string> Audiences { get; } = token.Audiences;

        public DateTimeOffset NotBefore { get; } = token.Time("nbf") ?? DateTimeOffset.MinValue;

        // Only tokens in Secrets have no end of their own.
        public DateTimeOffset Expires { get; } = token.Time("exp") ?? (legacy ? DateTimeOffset.MaxValue : DateTimeOffset.MinValue);

        public string Id { get; } = token.Text("jti");

        public required string Namespace { get; init; }

        public required string Account { get; init; }

        public required string AccountUid { get; init; }

        public string PodName { get; init; } = "";

        public string PodUid { get; init; } = "";

        public string SecretName { get; init; } = "";

        public string SecretUid { get; init; } = "";

        public string NodeName { get; init; } = "";

        public string NodeUid { get; init; } = "";

        public UserInfo User => _user ??= MakeUser();

        private UserInfo MakeUser()
        {
            var extra = new SortedDictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
            Add(Groups.CredentialId, Id.Length > 0 ? "JTI=" + Id : "");
            Add(Groups.PodName, PodName);
            Add(Groups.PodUid, PodUid);
            Add(Groups.NodeName, NodeName);
            Add(Groups.NodeUid, NodeUid);
            return new UserInfo { Name = Subject, Uid = AccountUid, Groups = [.. Groups.OfServiceAccount(Namespace), Groups.Authenticated], Extra = extra };

            void Add(string key, string value)
            {
                if (value.Length > 0)
                {
                    extra[key] = [value];
                }
            }
        }
    }
}
