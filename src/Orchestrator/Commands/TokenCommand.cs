using System.CommandLine;
using System.Globalization;
using System.Text;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;
using Orchestrator.Joining;
using Orchestrator.Settings;

namespace Orchestrator.Commands;

/// <summary><c>orchestrator token create</c>: lets nodes join for some time.</summary>
internal static class TokenCommand
{
    public static Command Create()
    {
        var directory = new Option<string>("--data-dir") { Description = "The server's data directory", HelpName = "DIR", DefaultValueFactory = _ => DataDirectory.DefaultPath };
        var lifetime = new Option<string>("--ttl") { Description = "How long it lets nodes join; 0s for ever", HelpName = "DURATION", DefaultValueFactory = _ => "24h" };
        var create = new Command("create", "Print a new token, for the flag --token of `orchestrator agent`") { directory, lifetime };
        create.SetAction(async (parsed, cancellationToken) =>
        {
            if (!SettingValue.Duration.TryParse(parsed.GetValue(lifetime)!, out var valid))
            {
                throw new SettingException($"--ttl: '{parsed.GetValue(lifetime)}' is not {SettingValue.Duration.Expectation}");
            }

            var kubeconfig = new DataDirectory(Path.GetFullPath(parsed.GetValue(directory)!)).AdminKubeconfig;
            using var cluster = ClientCommand.Connect(kubeconfig);
            var authority = KubeconfigFile.Load(kubeconfig).Authorities?.FirstOrDefault()
                ?? throw new SettingException($"{kubeconfig} has no certificate authority");
            var token = JoinToken.Create(authority);
            var secret = SecretOf(token, valid > TimeSpan.Zero ? TimeProvider.System.GetUtcNow() + valid : null);
            (await cluster.CreateAsync(secret, cancellationToken)).OrFail("cannot create the token");
            Console.WriteLine(token);
        });
        return new("token", "Tokens with which nodes join") { create };
    }

    /// <summary>The form that kubeadm gave bootstrap tokens.</summary>
    private static Secret SecretOf(JoinToken token, DateTimeOffset? end)
    {
        var data = new Dictionary<string, string>
        {
            ["token-id"] = token.Id,
            ["token-secret"] = token.Secret,
            ["usage-bootstrap-authentication"] = "true",
            ["auth-extra-groups"] = "system:bootstrappers:orchestrator:default-node-token",
            ["description"] = "made by orchestrator token create",
        };
        if (end is { } moment)
        {
            data["expiration"] = moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        }

        return new()
        {
            Metadata = new() { Namespace = "kube-system", Name = "bootstrap-token-" + token.Id },
            Type = "bootstrap.kubernetes.io/token",
            Data = data.ToDictionary(entry => entry.Key, entry => Encoding.UTF8.GetBytes(entry.Value)),
        };
    }
}
