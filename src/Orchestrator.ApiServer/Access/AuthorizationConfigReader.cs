using Orchestrator.Api;
using Orchestrator.Api.ServerConfig.V1;
using Orchestrator.ApiServer.Access.Webhooks;
using Orchestrator.ApiServer.Configuration;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Access;

/// <summary>Reads an AuthorizationConfiguration of apiserver.config.k8s.io.</summary>
public static class AuthorizationConfigReader
{
    private static readonly TimeSpan AuthorizedTtl = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan UnauthorizedTtl = TimeSpan.FromSeconds(30);
    private static readonly ConfigScheme Scheme = ConfigScheme.Server("k8s.io/apiserver/pkg/apis/apiserver/load/load.go:32");

    /// <exception cref="FormatException">The file is wrong; the message tells where.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static AuthorizationOptions Load(string path)
    {
        try
        {
            var content = File.ReadAllBytes(path);
            return Parse(content) with { File = new(path, content) };
        }
        catch (FormatException e)
        {
            throw new FormatException($"{path}: {e.Message}");
        }
    }

    /// <summary>A file that takes the place of another: the authorizers of this server, which the first named, must stay.</summary>
    /// <exception cref="FormatException">It is wrong.</exception>
    internal static AuthorizationOptions ParseAgain(byte[] yaml, IEnumerable<string> modes)
    {
        var options = Parse(yaml);
        var missing = modes.Where(static m => m != "Webhook").Except(options.Modes).Order(StringComparer.Ordinal).ToArray();
        return missing.Length == 0 ? options : throw new FormatException($"missing required types: [{string.Join(' ', missing)}]");
    }

    internal static AuthorizationOptions Parse(byte[] yaml)
    {
        var configuration = Decode(yaml);
        var (faults, conditions) = AuthorizationConfigValidator.Validate(configuration);
        if (faults.Count > 0)
        {
            throw new FormatException(faults.Aggregate());
        }

        // The authorizers of this server have fixed names.
        string[] misnamed =
        [
            .. configuration.Authorizers.Where(static a => a.Type != "Webhook" && a.Name != Lower(a.Type))
                .Select(static a => $"expected name {Lower(a.Type)} for authorizer {a.Type} instead of {a.Name}"),
        ];
        if (misnamed.Length > 0)
        {
            throw new FormatException(misnamed.Length == 1 ? misnamed[0] : $"[{string.Join(", ", misnamed)}]");
        }

        return new AuthorizationOptions
        {
            Modes = configuration.Authorizers.Select(static a => a.Type).ToArray(),
            Webhooks = configuration.Authorizers.Select((a, i) => (a, conditions[i])).Where(static a => a.a.Type == "Webhook").Select(static a => Webhook(a.a, a.Item2)).ToArray(),
        };
    }

    private static string Lower(string type) => type.ToLowerInvariant();

    private static AuthorizationConfiguration Decode(byte[] yaml)
    {
        if (yaml.Length == 0)
        {
            return new AuthorizationConfiguration();
        }

        try
        {
            return ConfigDecoder.Read<AuthorizationConfiguration>(yaml, "AuthorizationConfiguration", Scheme);
        }
        catch (FormatException e)
        {
            throw new FormatException("failed to load AuthorizationConfiguration from file: " + e.Message);
        }
    }

    private static WebhookAuthorizerOptions Webhook(AuthorizerConfiguration authorizer, ReviewConditions? conditions)
    {
        var webhook = authorizer.Webhook!;
        return new WebhookAuthorizerOptions
        {
            Name = authorizer.Name,
            KubeconfigFile = webhook.ConnectionInfo.KubeConfigFile!,
            Version = webhook.SubjectAccessReviewVersion,
            Timeout = webhook.Timeout,
            Conditions = conditions,
            AuthorizedTtl = webhook.CacheAuthorizedRequests == false ? TimeSpan.Zero : webhook.AuthorizedTTL == TimeSpan.Zero ? AuthorizedTtl : webhook.AuthorizedTTL,
            UnauthorizedTtl = webhook.CacheUnauthorizedRequests == false ? TimeSpan.Zero : webhook.UnauthorizedTTL == TimeSpan.Zero ? UnauthorizedTtl : webhook.UnauthorizedTTL,
            DenyOnFailure = webhook.FailurePolicy == "Deny",
        };
    }
}
