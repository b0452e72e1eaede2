using System.ComponentModel;
using System.Diagnostics;

namespace Orchestrator.Network.Commands;

/// <summary>Runs commands as processes of this machine.</summary>
/// <param name="prefix">A command to run all others with, such as <c>ip netns exec NAME</c>; empty for none.</param>
internal sealed class ProcessCommandRunner(params string[] prefix) : ICommandRunner
{
    public async Task<CommandResult> RunAsync(
        string program, IReadOnlyList<string> arguments, string input, CancellationToken cancellationToken)
    {
        string[] line = [.. prefix, program, .. arguments];
        var start = new ProcessStartInfo(Locate(line[0]))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in line.AsSpan(1))
        {
            start.ArgumentList.Add(argument);
        }

        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Win32Exception exception)
        {
            throw new IOException($"Can't run {line[0]}: {exception.Message}. Is its package installed?", exception);
        }

        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var error = process.StandardError.ReadToEndAsync(cancellationToken);
            try
            {
                await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended before it read everything; its exit code and its error text say why.
            }

            await process.WaitForExitAsync(cancellationToken);
            return new CommandResult(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            if (!process.HasExited)
            {
                process.Kill();
            }

            throw;
        }
    }

    /// <summary>Services started by hand often lack the sbin directories, where all of these tools are.</summary>
    private static string Locate(string program) =>
        new[] { "/usr/sbin", "/sbin", "/usr/bin", "/bin" }.Select(directory => Path.Combine(directory, program)).FirstOrDefault(File.Exists) ?? program;
}
