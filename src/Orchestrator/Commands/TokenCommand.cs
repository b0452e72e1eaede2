using System.CommandLine;
using System.Security.Cryptography;
using Orchestrator.Client;
using Orchestrator.Settings;

namespace Orchestrator.Commands;

/// <summary><c>orchestrator token create</c>: lets a node join.</summary>
internal static class TokenCommand
{
    private static readonly TimeSpan LifetimeDefault = TimeSpan.FromHours(24);

    public static Command Create() => new("token", "Join tokens of nodes") { CreateCreate() };

    private static Command CreateCreate()
    {
        var lifetime = new Option<string>("--ttl") { Description = "How long it may be used: 30m, 24h, 0 for ever (default 24h)", HelpName = "DURATION", DefaultValueFactory = _ => "24h" };
        var description = new Option<string>("--description") { Description = "What it is for", HelpName = "TEXT", DefaultValueFactory = _ => "" };
        var command = new Command("create", "Make a join token and print it") { lifetime, description, ClientCommand.Kubeconfig };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var text = parsed.GetValue(lifetime)!;
            var life = LifetimeDefault;
            if (text != "24h" && text != "0" && !Api.GoDuration.TryParse(text, out life))
            {
                throw new SettingException($"--ttl {text} is no duration such as 30m or 24h");
            }

            var kubeconfig = parsed.GetValue(ClientCommand.Kubeconfig)!;
            using var cluster = ClientCommand.Connect(kubeconfig);
            var token = JoinToken.Create(PinOf(kubeconfig));
            DateTimeOffset? expires = text == "0" ? null : TimeProvider.System.GetUtcNow() + life;
            (await cluster.CreateAsync(token.ToSecret(expires, parsed.GetValue(description)!), cancellationToken)).OrFail("token");
            Console.WriteLine(token);
        });
        return command;
    }

    private static string PinOf(string kubeconfig)
    {
        var authority = KubeconfigFile.Load(kubeconfig).Authorities?.FirstOrDefault()
            ?? throw new SettingException($"the kubeconfig {kubeconfig} names no CA, so a node could not tell this cluster from another");
        return "sha256:" + Convert.ToHexStringLower(SHA256.HashData(authority.PublicKey.ExportSubjectPublicKeyInfo()));
    }
}
