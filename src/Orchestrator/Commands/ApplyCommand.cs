using System.CommandLine;
using Orchestrator.Api;
using Orchestrator.Client;
using Orchestrator.Manifests;
using Orchestrator.Settings;

namespace Orchestrator.Commands;

/// <summary><c>orchestrator apply</c>: server-side apply of manifests, for machines without kubectl.</summary>
internal static class ApplyCommand
{
    private const string FieldManager = "orchestrator-apply";

    public static Command Create()
    {
        var files = new Option<string[]>("--filename", "-f") { Description = "A manifest; - for standard input; may be repeated", HelpName = "FILE", Required = true };
        var command = new Command("apply", "Make the cluster have the objects of manifests") { files, ClientCommand.Kubeconfig, ClientCommand.Namespace };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var manifests = parsed.GetValue(files)!.SelectMany(ManifestObject.ReadFile).ToArray();
            using var cluster = ClientCommand.Connect(parsed.GetValue(ClientCommand.Kubeconfig)!);
            foreach (var manifest in manifests)
            {
                await ApplyAsync(cluster, manifest, parsed.GetValue(ClientCommand.Namespace)!, cancellationToken);
            }
        });
        return command;
    }

    private static async Task ApplyAsync(IClusterClient client, ManifestObject manifest, string defaultNamespace, CancellationToken cancellationToken)
    {
        var resource = await FindAsync(client, manifest, cancellationToken);
        var ns = !resource.Namespaced ? "" : manifest.Namespace.Length > 0 ? manifest.Namespace : defaultNamespace;
        var path = new ResourcePath(resource, ns, manifest.Name);
        var patch = new Patch(PatchType.Apply, RawJson.Of(manifest.Content));
        var applied = await client.PatchAsync<ApiObject>(path, patch, new() { FieldManager = FieldManager, Force = true }, cancellationToken);
        applied.OrFail($"{resource.GroupResource}/{manifest.Name}");
        Console.WriteLine($"{resource.GroupResource}/{manifest.Name} applied");
    }

    private static async ValueTask<ResourceInfo> FindAsync(IClusterClient client, ManifestObject manifest, CancellationToken cancellationToken)
    {
        if (ResourceTable.Find(manifest.ApiVersion, manifest.Kind) is { } builtIn)
        {
            return builtIn;
        }

        var slash = manifest.ApiVersion.IndexOf('/', StringComparison.Ordinal);
        var served = (await client.DiscoverAsync(cancellationToken)).OrFail("discovery");
        return served.Find(slash < 0 ? "" : manifest.ApiVersion[..slash], manifest.Kind)
            ?? throw new SettingException($"the server has no kind {manifest.Kind} in {manifest.ApiVersion}");
    }
}
