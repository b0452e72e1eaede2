using System.Diagnostics;
using Orchestrator.Settings;

namespace Orchestrator.Images;

/// <summary>Puts images into a containerd by its own tool, <c>ctr</c>, which the containerd package brings.</summary>
internal sealed class ImageImporter(string socket)
{
    /// <summary>The containerd namespace that CRI uses.</summary>
    private const string Namespace = "k8s.io";

    /// <exception cref="SettingException">ctr is missing or failed; the message quotes it.</exception>
    public async Task<bool> HasAsync(string name, CancellationToken cancellationToken)
    {
        var listed = await RunAsync(["images", "ls", "-q"], null, cancellationToken);
        return listed.Split('\n').Contains(name);
    }

    /// <exception cref="SettingException">ctr is missing or failed; the message quotes it.</exception>
    public async Task ImportAsync(IReadOnlyList<LocalImage> images, CancellationToken cancellationToken)
    {
        using var archive = new MemoryStream();
        await OciArchive.WriteAsync(images, archive, cancellationToken);
        archive.Position = 0;
        await RunAsync(["images", "import", "-"], archive, cancellationToken);
    }

    private async Task<string> RunAsync(string[] arguments, Stream? input, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("ctr") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["--address", socket, "--namespace", Namespace, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        Process ctr;
        try
        {
            ctr = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new SettingException($"cannot run ctr, which comes with containerd: {e.Message}");
        }

        using (ctr)
        {
            var output = ctr.StandardOutput.ReadToEndAsync(cancellationToken);
            var errors = ctr.StandardError.ReadToEndAsync(cancellationToken);
            try
            {
                if (input is not null)
                {
                    await input.CopyToAsync(ctr.StandardInput.BaseStream, cancellationToken);
                }

                ctr.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended before it had read everything; its exit code and last words below tell why.
            }

            await ctr.WaitForExitAsync(cancellationToken);
            return ctr.ExitCode == 0
                ? await output
                : throw new SettingException($"ctr {string.Join(' ', arguments)}: {(await errors).Trim()}");
        }
    }
}
