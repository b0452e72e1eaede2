using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Orchestrator.EndToEnd.Tests.Machine;

namespace Orchestrator.EndToEnd.Tests.Commands;

/// <summary>What an operator gets wrong is told in one line, with an exit code.</summary>
public sealed class FlagTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("orc-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(2, "orchestrator: unknown flag --colour; see orchestrator server --help", "server", "--colour", "red")]
    [InlineData(2, "orchestrator: unknown command or argument 'serve'; see orchestrator --help", "serve")]
    [InlineData(1, "orchestrator: --https-port: 'x' is not a port from 1 to 65535", "server", "--https-port", "x")]
    [InlineData(1, "orchestrator: --server is needed: the URL of the API server, such as https://10.0.0.1:6443", "agent")]
    public async Task Misuse_is_told_in_one_line(int exitCode, string message, params string[] arguments)
    {
        var run = await Programs.RunAsync(Programs.Orchestrator, arguments);
        Assert.Equal((exitCode, message), (run.ExitCode, run.Failed()));
    }

    [Fact]
    public async Task Port_in_use_is_told_in_one_line()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Any, 0));
        taken.Listen();
        var port = ((IPEndPoint)taken.LocalEndPoint!).Port;

        var run = await Programs.RunAsync(Programs.Orchestrator, "server", "--data-dir", _directory, "--https-port", $"{port}", "--log-level", "error");
        Assert.Equal($"orchestrator: port {port} is in use; stop what listens there, or name another with --https-port", run.Failed());
    }

    [Fact]
    public async Task Data_directory_that_cannot_be_used_is_told_in_one_line()
    {
        var file = Path.Combine(_directory, "file");
        await File.WriteAllTextAsync(file, "");
        var message = (await Programs.RunAsync(Programs.Orchestrator, "server", "--data-dir", file)).Failed();
        Assert.StartsWith($"orchestrator: cannot use the data directory {file}: ", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public async Task Missing_containerd_is_told_in_one_line()
    {
        var start = new ProcessStartInfo(Programs.Orchestrator, ["up", "--data-dir", _directory, "--https-port", $"{Ports.Free()}", "--containerd", "/nowhere.sock", "--log-level", "error"]);
        var message = (await Programs.RunAsync(start, input: null)).Failed();
        Assert.StartsWith("orchestrator: no containerd answers on /nowhere.sock", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }
}
