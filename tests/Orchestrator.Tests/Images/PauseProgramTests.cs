using System.Diagnostics;
using System.Runtime.InteropServices;
using Orchestrator.Images;

namespace Orchestrator.Tests.Images;

public sealed class PauseProgramTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Reaps_orphans_as_the_first_process_of_a_namespace_and_ends_on_SIGTERM()
    {
        var program = _directory["pause"];
        await File.WriteAllBytesAsync(program, PauseProgram.Build(RuntimeInformation.OSArchitecture));
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        // Three orphans end before and after the shell has become the pause program; its children are visible in /proc.
        using var pause = Process.Start("/usr/bin/unshare", ["--fork", "--pid", "--kill-child", "sh", "-c", $"true & true & sleep 0.3 & exec {program}"]);
        try
        {
            await Eventually(() => Children(pause.Id) is [var first] && Comm(first) == "pause" && Children(first) is []);
            Assert.False(pause.HasExited);

            using var kill = Process.Start("kill", ["-TERM", $"{Children(pause.Id).Single()}"]);
            await pause.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(5)).Token);
            Assert.Equal(0, pause.ExitCode);
        }
        finally
        {
            pause.Kill(entireProcessTree: true);
        }
    }

    [Fact]
    public void Program_is_one_small_file() => Assert.InRange(PauseProgram.Build(Architecture.Arm64).Length, 121, 512);

    private static int[] Children(int pid) =>
        [.. File.ReadAllText($"/proc/{pid}/task/{pid}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];

    private static string Comm(int pid) => File.ReadAllText($"/proc/{pid}/comm").Trim();

    private static async Task Eventually(Func<bool> condition)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), "the pause program did not reap its orphans");
            await Task.Delay(10);
        }
    }
}
