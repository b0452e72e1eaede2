using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Access.Webhooks;
using Orchestrator.ApiServer.Codecs;

namespace Orchestrator.ApiServer.Access;

/// <summary>Reads an AuthorizationConfiguration of apiserver.config.k8s.io.</summary>
public static class AuthorizationConfigReader
{
    /// <exception cref="FormatException">The file is wrong; the message tells where.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static AuthorizationOptions Load(string path)
    {
        try
        {
            var content = File.ReadAllBytes(path);
            return Parse(content) with { File = new(path, content) };
        }
        catch (Exception e) when (e is ApiDecodeException or FormatException)
        {
            throw new FormatException($"{path}: {e.Message}");
        }
    }

    internal static AuthorizationOptions Parse(ReadOnlySpan<byte> yaml)
    {
        var root = new ConfigNode(YamlReader.Read(yaml, out _), "");
        root.Require("AuthorizationConfiguration", "apiserver.config.k8s.io/v1", "apiserver.config.k8s.io/v1beta1");
        var modes = new List<string>();
        var webhooks = new List<WebhookAuthorizerOptions>();
        foreach (var authorizer in root.List("authorizers"))
        {
            var type = authorizer.Text("type");
            modes.Add(type);
            if (type == "Webhook")
            {
                webhooks.Add(Webhook(authorizer.Text("name"), authorizer.Member("webhook")));
            }
        }

        return new AuthorizationOptions { Modes = modes, Webhooks = webhooks };
    }

    private static WebhookAuthorizerOptions Webhook(string name, ConfigNode webhook)
    {
        var conditions = webhook.List("matchConditions", isOptional: true);
        if (conditions.Count > 0 && webhook.Text("matchConditionSubjectAccessReviewVersion") is var version && version != "v1")
        {
            throw new FormatException($"{webhook.Path}.matchConditionSubjectAccessReviewVersion: {GoText.Quote(version)} is not v1");
        }

        var connection = webhook.Member("connectionInfo");
        if (connection.Text("type") != "KubeConfigFile")
        {
            throw new FormatException($"{connection.Path}.type: {GoText.Quote(connection.Text("type"))} is not KubeConfigFile");
        }

        var policy = webhook.Text("failurePolicy");
        return new WebhookAuthorizerOptions
        {
            Name = name,
            KubeconfigFile = connection.Text("kubeConfigFile"),
            Timeout = webhook.Duration("timeout", TimeSpan.FromSeconds(30)),
            Conditions = conditions.Count > 0 ? ReviewConditions.Compile(conditions.Select(static c => (c.Path + ".expression", c.Text("expression")))) : null,
            AuthorizedTtl = webhook.Duration("authorizedTTL", TimeSpan.FromMinutes(5)),
            UnauthorizedTtl = webhook.Duration("unauthorizedTTL", TimeSpan.FromSeconds(30)),
            DenyOnFailure = policy switch
            {
                "Deny" => true,
                "NoOpinion" => false,
                _ => throw new FormatException($"{webhook.Path}.failurePolicy: {GoText.Quote(policy)} is not NoOpinion or Deny"),
            },
        };
    }
}
