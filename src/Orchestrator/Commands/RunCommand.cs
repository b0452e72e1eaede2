using System.CommandLine;
using Orchestrator.Hosting;
using Orchestrator.Settings;

namespace Orchestrator.Commands;

/// <summary><c>orchestrator server</c>, <c>agent</c> and <c>up</c>: what runs until it is told to stop.</summary>
internal static class RunCommand
{
    public static Command Server() => Create("server", "Run the API server, the controllers and the scheduler", ServerSettings.All,
        static (reader, log, stop) => ServerProgram.RunAsync(ServerSettings.Read(reader), null, log, stop));

    public static Command Agent() => Create("agent", "Run a node that joins a server", AgentSettings.All,
        static (reader, log, stop) => AgentProgram.RunAsync(AgentSettings.Read(reader), log, stop));

    public static Command Up() => Create("up", "Run a server and a node in one process", [.. ServerSettings.All, .. AgentSettings.NodeOnly],
        static (reader, log, stop) => ServerProgram.RunAsync(ServerSettings.Read(reader), AgentSettings.Read(reader), log, stop));

    private static Command Create(string name, string description, Setting[] settings, Func<SettingReader, LogSettings, CancellationToken, Task> run)
    {
        Setting[] all = [SettingReader.Config, .. settings, .. LogSettings.All];
        var command = new Command(name, description);
        foreach (var setting in all)
        {
            command.Add(setting.Option);
        }

        command.SetAction(async (flags, _) =>
        {
            var reader = SettingReader.For(flags, all, Environment.GetEnvironmentVariable);
            using var shutdown = new Shutdown();
            try
            {
                await run(reader, LogSettings.Read(reader), shutdown.Requested);
            }
            catch (OperationCanceledException) when (shutdown.Requested.IsCancellationRequested)
            {
                // Told to stop before it was up: an end like any other.
            }
        });
        return command;
    }
}
