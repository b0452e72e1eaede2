using System.Diagnostics;
using System.Text;

namespace Orchestrator.EndToEnd.Tests.Machine;

/// <summary>Runs other programs to their end.</summary>
public static class Programs
{
    /// <summary>Longer than anything here takes; a hang should tell its command.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromMinutes(4);

    /// <summary>The folder with Orchestrator.sln.</summary>
    public static string Repository { get; } = FindRepository();

    public static string Orchestrator => Path.Combine(Repository, "artifacts/orchestrator/orchestrator");

    public static Task<Run> RunAsync(string program, params string[] arguments) => RunAsync(new ProcessStartInfo(program, arguments), input: null);

    /// <summary>What a program prints; fails the test if it fails.</summary>
    public static async Task<string> OutputAsync(string program, params string[] arguments) => (await RunAsync(program, arguments)).Succeeded();

    public static async Task<Run> RunAsync(ProcessStartInfo start, string? input)
    {
        var command = start.FileName + " " + string.Join(' ', start.ArgumentList);
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        var output = new StringBuilder();
        var errors = new StringBuilder();
        process.OutputDataReceived += (_, line) => Append(output, line.Data);
        process.ErrorDataReceived += (_, line) => Append(errors, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        if (input is not null)
        {
            await process.StandardInput.WriteAsync(input);
        }

        process.StandardInput.Close();
        using var timeout = new CancellationTokenSource(Timeout);
        try
        {
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{command}\nran longer than {Timeout}\n{output}{errors}");
        }

        return new(command, process.ExitCode, output.ToString(), errors.ToString());
    }

    private static void Append(StringBuilder text, string? line)
    {
        if (line is not null)
        {
            lock (text)
            {
                text.Append(line).Append('\n');
            }
        }
    }

    private static string FindRepository()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "Orchestrator.sln")))
        {
            directory = directory.Parent ?? throw new InvalidOperationException("these tests run from within the repository");
        }

        return directory.FullName;
    }
}
