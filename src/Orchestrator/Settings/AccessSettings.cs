using Orchestrator.ApiServer.Access;
using Orchestrator.ApiServer.Access.Webhooks;
using Orchestrator.ApiServer.Admission;
using Orchestrator.ApiServer.Admission.Configuration;
using Orchestrator.ApiServer.Identity.Authentication;

namespace Orchestrator.Settings;

/// <summary>What an operator can say about who comes in and who may do what, under upstream's names.</summary>
internal static class AccessSettings
{
    private static readonly Setting<string?> IssuerSetting = new("oidc-issuer-url", "An OpenID Connect provider whose users may come in", SettingValue.OptionalText("URL"), null);

    private static readonly Setting<string?> ClientSetting = new("oidc-client-id", "The client that its tokens must be for", SettingValue.OptionalText("ID"), null);

    private static readonly Setting<string> UsernameSetting = new("oidc-username-claim", "The claim that is the user's name (default sub)", SettingValue.Text("CLAIM"), "sub");

    private static readonly Setting<string?> UsernamePrefixSetting = new("oidc-username-prefix",
        "Put before user names; - for nothing (default: the issuer and #, unless the claim is email)", SettingValue.OptionalText("PREFIX"), null);

    private static readonly Setting<string?> GroupsSetting = new("oidc-groups-claim", "The claim that has the user's groups", SettingValue.OptionalText("CLAIM"), null);

    private static readonly Setting<string?> GroupsPrefixSetting = new("oidc-groups-prefix", "Put before groups", SettingValue.OptionalText("PREFIX"), null);

    private static readonly Setting<string[]> RequiredSetting = new("oidc-required-claim", "key=value that tokens must have; several with commas", SettingValue.List("CLAIMS"), []);

    private static readonly Setting<string[]> SigningAlgorithmsSetting = new("oidc-signing-algs", "Algorithms its tokens may be signed with, with commas (default RS256)", SettingValue.List("ALGS"), ["RS256"]);

    private static readonly Setting<string?> OidcCaSetting = new("oidc-ca-file", "The CA of the provider in PEM (default: the system's)", SettingValue.OptionalPath("FILE"), null);

    private static readonly Setting<string?> AuthenticationSetting = new("authentication-config", "An AuthenticationConfiguration with issuers of tokens, instead of --oidc-*",
        SettingValue.OptionalPath("FILE"), null);

    private static readonly Setting<bool> AnonymousSetting = new("anonymous-auth", "Let requests without credentials in as system:anonymous, to be refused by authorization (default true)",
        SettingValue.Bool, true);

    private static readonly Setting<string?> ProxyAuthoritySetting = new("requestheader-client-ca-file",
        "PEM of CAs, besides the cluster's own, of proxies that say in headers who makes a request", SettingValue.OptionalPath("FILE"), null);

    private static readonly Setting<string[]> ProxyNamesSetting = new("requestheader-allowed-names",
        "Common names that their certificates may have, with commas (default front-proxy-client)", SettingValue.List("NAMES"), ["front-proxy-client"]);

    private static readonly Setting<string[]> ProxyUserSetting = new("requestheader-username-headers", "Headers with the user's name (default X-Remote-User)", SettingValue.List("HEADERS"), ["X-Remote-User"]);

    private static readonly Setting<string[]> ProxyUidSetting = new("requestheader-uid-headers", "Headers with his uid (default X-Remote-Uid)", SettingValue.List("HEADERS"), ["X-Remote-Uid"]);

    private static readonly Setting<string[]> ProxyGroupsSetting = new("requestheader-group-headers", "Headers with his groups (default X-Remote-Group)", SettingValue.List("HEADERS"), ["X-Remote-Group"]);

    private static readonly Setting<string[]> ProxyExtraSetting = new("requestheader-extra-headers-prefix",
        "What names of headers with more about him begin with (default X-Remote-Extra-)", SettingValue.List("PREFIXES"), ["X-Remote-Extra-"]);

    private static readonly Setting<string> TokenWebhookVersionSetting = new("authentication-token-webhook-version", "The version of the TokenReviews it is sent (default v1beta1)",
        SettingValue.OneOf(("v1", "v1"), ("v1beta1", "v1beta1")), "v1beta1");

    private static readonly Setting<string> WebhookVersionSetting = new("authorization-webhook-version", "The version of the SubjectAccessReviews it is sent (default v1beta1)",
        SettingValue.OneOf(("v1", "v1"), ("v1beta1", "v1beta1")), "v1beta1");

    private static readonly Setting<string?> TokenWebhookSetting = new("authentication-token-webhook-config-file", "A kubeconfig of the server that is asked for unknown tokens",
        SettingValue.OptionalPath("FILE"), null);

    private static readonly Setting<TimeSpan> TokenWebhookTtlSetting = new("authentication-token-webhook-cache-ttl", "How long its answers are remembered (default 2m)",
        SettingValue.Duration, TimeSpan.FromMinutes(2));

    private static readonly Setting<string[]> ModesSetting = new("authorization-mode", "Node, RBAC, Webhook, AlwaysAllow, AlwaysDeny, in order (default Node,RBAC)",
        SettingValue.List("MODES"), ["Node", "RBAC"]);

    private static readonly Setting<string?> WebhookSetting = new("authorization-webhook-config-file", "For --authorization-mode Webhook: a kubeconfig of the server that is asked",
        SettingValue.OptionalPath("FILE"), null);

    private static readonly Setting<TimeSpan> AuthorizedSetting = new("authorization-webhook-cache-authorized-ttl", "How long its yes is remembered (default 5m)",
        SettingValue.Duration, TimeSpan.FromMinutes(5));

    private static readonly Setting<TimeSpan> UnauthorizedSetting = new("authorization-webhook-cache-unauthorized-ttl", "How long its no is remembered (default 30s)",
        SettingValue.Duration, TimeSpan.FromSeconds(30));

    private static readonly Setting<string?> AuthorizationSetting = new("authorization-config", "An AuthorizationConfiguration, instead of --authorization-mode",
        SettingValue.OptionalPath("FILE"), null);

    private static readonly Setting<string[]> EnabledAdmissionSetting = new("enable-admission-plugins",
        "Admission plugins that are to be on beside upstream's defaults", SettingValue.List("NAMES"), []);

    private static readonly Setting<string[]> DisabledAdmissionSetting = new("disable-admission-plugins", "Admission plugins that are to be off", SettingValue.List("NAMES"), []);

    private static readonly Setting<string?> AdmissionConfigSetting = new("admission-control-config-file", "An AdmissionConfiguration: what the admission plugins are told",
        SettingValue.OptionalPath("FILE"), null);

    public static Setting[] All { get; } =
    [
        IssuerSetting, ClientSetting, UsernameSetting, UsernamePrefixSetting, GroupsSetting, GroupsPrefixSetting, RequiredSetting, SigningAlgorithmsSetting, OidcCaSetting, AuthenticationSetting,
        AnonymousSetting, ProxyAuthoritySetting, ProxyNamesSetting, ProxyUserSetting, ProxyUidSetting, ProxyGroupsSetting, ProxyExtraSetting,
        TokenWebhookSetting, TokenWebhookVersionSetting, TokenWebhookTtlSetting, WebhookVersionSetting, ModesSetting, WebhookSetting, AuthorizedSetting, UnauthorizedSetting, AuthorizationSetting,
        EnabledAdmissionSetting, DisabledAdmissionSetting, AdmissionConfigSetting,
    ];

    /// <exception cref="SettingException">The configuration is wrong.</exception>
    public static AdmissionChoice ReadAdmission(SettingReader reader) => new()
    {
        Enabled = reader.Get(EnabledAdmissionSetting),
        Disabled = reader.Get(DisabledAdmissionSetting),
        Config = reader.Get(AdmissionConfigSetting) is { } file ? FromFile(AdmissionConfigReader.Load, file) : new(),
    };

    /// <exception cref="SettingException">Settings contradict each other, or a file is wrong.</exception>
    public static AuthenticationSetup ReadAuthentication(SettingReader reader)
    {
        var issuer = reader.Get(IssuerSetting);
        var file = reader.Get(AuthenticationSetting);
        if (file is not null)
        {
            // The file decides unless it says nothing of it.
            return issuer is null ? Merge(FromFile(AuthenticationConfigReader.Load, file), reader.Get(AnonymousSetting)) : throw new SettingException("--authentication-config and --oidc-issuer-url exclude each other");
        }

        var anonymous = new AnonymousOptions { IsEnabled = reader.Get(AnonymousSetting) };
        if (issuer is null)
        {
            return new AuthenticationSetup { Anonymous = anonymous };
        }

        if (!issuer.StartsWith("https://", StringComparison.Ordinal) || reader.Get(ClientSetting) is not { } client)
        {
            throw new SettingException("--oidc-issuer-url must be an https URL, and needs --oidc-client-id");
        }

        var prefix = reader.Get(UsernamePrefixSetting);
        return new AuthenticationSetup
        {
            Anonymous = anonymous,
            Issuers = [new OidcOptions
            {
                IssuerUrl = issuer,
                ClientId = client,
                UsernameClaim = reader.Get(UsernameSetting),
                UsernamePrefix = prefix == "-" ? "" : prefix,
                GroupsClaim = reader.Get(GroupsSetting) ?? "",
                GroupsPrefix = reader.Get(GroupsPrefixSetting) ?? "",
                RequiredClaims = reader.Get(RequiredSetting).Select(static c => c.Split('=', 2)).ToDictionary(static c => c[0], static c => c.Length > 1 ? c[1] : ""),
                SigningAlgorithms = reader.Get(SigningAlgorithmsSetting),
                AuthorityPem = reader.Get(OidcCaSetting) is { } ca ? FromFile(File.ReadAllText, ca) : null,
            }],
        };
    }

    private static AuthenticationSetup Merge(AuthenticationSetup setup, bool anonymous) => setup.SaysAnonymous ? setup : setup with { Anonymous = new AnonymousOptions { IsEnabled = anonymous } };

    public static RequestHeaderOptions ReadRequestHeaders(SettingReader reader) => new()
    {
        AuthorityFile = reader.Get(ProxyAuthoritySetting),
        AllowedNames = reader.Get(ProxyNamesSetting),
        UsernameHeaders = reader.Get(ProxyUserSetting),
        UidHeaders = reader.Get(ProxyUidSetting),
        GroupHeaders = reader.Get(ProxyGroupsSetting),
        ExtraPrefixes = reader.Get(ProxyExtraSetting),
    };

    public static WebhookTokenOptions? ReadTokenWebhook(SettingReader reader) => reader.Get(TokenWebhookSetting) is { } file
        ? new WebhookTokenOptions { KubeconfigFile = file, Version = reader.Get(TokenWebhookVersionSetting), CacheTtl = reader.Get(TokenWebhookTtlSetting) }
        : null;

    /// <exception cref="SettingException">The file is wrong.</exception>
    public static AuthorizationOptions ReadAuthorization(SettingReader reader)
    {
        if (reader.Get(AuthorizationSetting) is { } file)
        {
            return FromFile(AuthorizationConfigReader.Load, file);
        }

        return new AuthorizationOptions
        {
            Modes = reader.Get(ModesSetting),
            Webhooks = reader.Get(WebhookSetting) is { } webhook
                ? [new WebhookAuthorizerOptions { KubeconfigFile = webhook, Version = reader.Get(WebhookVersionSetting), AuthorizedTtl = reader.Get(AuthorizedSetting), UnauthorizedTtl = reader.Get(UnauthorizedSetting) }]
                : [],
        };
    }

    private static T FromFile<T>(Func<string, T> load, string path)
    {
        try
        {
            return load(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new SettingException(e.Message);
        }
    }
}
