using System.CommandLine;
using Orchestrator.Containerd;
using Orchestrator.Images;
using Orchestrator.Settings;

namespace Orchestrator.Commands;

/// <summary><c>orchestrator image</c>: the images that need no registry, into a node's containerd or into an archive.</summary>
internal static class ImageCommand
{
    private static readonly Option<string> Busybox = new("--busybox")
    {
        Description = "A statically linked busybox (default: this machine's)",
        HelpName = "FILE",
        DefaultValueFactory = _ => LocalImages.FindBusybox() ?? "",
    };

    private static readonly Option<string[]> Names = new("--name")
    {
        Description = "The busybox image's name; may be repeated",
        HelpName = "NAME",
        DefaultValueFactory = _ => [LocalImages.BusyboxName],
    };

    public static Command Create() => new("image", "Make the images that need no registry: the pods' sandbox and a busybox") { Build(), Import() };

    private static Command Build()
    {
        var output = new Option<string>("--output", "-o") { Description = "The OCI archive to write", HelpName = "FILE", Required = true };
        var command = new Command("build", "Write them to an OCI archive") { output, Busybox, Names };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var file = File.Create(parsed.GetValue(output)!);
            await OciArchive.WriteAsync(await MakeAsync(parsed, cancellationToken), file, cancellationToken);
        });
        return command;
    }

    private static Command Import()
    {
        var directory = new Option<string>("--data-dir")
        {
            Description = "The node's data directory",
            HelpName = "DIR",
            DefaultValueFactory = _ => DataDirectory.DefaultPath,
        };
        var socket = new Option<string?>("--containerd") { Description = "The containerd's socket (default: that of the node)", HelpName = "SOCKET" };
        var command = new Command("import", "Put them into a node's containerd") { directory, socket, Busybox, Names };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var importer = new ImageImporter(parsed.GetValue(socket) ?? ContainerdOptions.In(new(parsed.GetValue(directory)!)).Socket);
            await importer.ImportAsync(await MakeAsync(parsed, cancellationToken), cancellationToken);
        });
        return command;
    }

    private static async Task<IReadOnlyList<LocalImage>> MakeAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var program = parsed.GetValue(Busybox)!;
        if (!File.Exists(program))
        {
            throw new SettingException($"there is no busybox{(program.Length == 0 ? "" : $" at {program}")}: apt-get install busybox-static brings one");
        }

        var images = new List<LocalImage> { LocalImages.Pause() };
        foreach (var name in parsed.GetValue(Names)!)
        {
            images.Add(await LocalImages.BusyboxAsync(program, name, cancellationToken));
        }

        return images;
    }
}
