using System.Runtime.InteropServices;
using Orchestrator.Network.Commands;

namespace Orchestrator.Network.Tests.Support;

/// <summary>A network namespace of the test's own; gone with everything in it when disposed.</summary>
internal sealed partial class NetworkNamespace : IAsyncDisposable
{
    private const int CloneNewNet = 0x40000000;

    private NetworkNamespace(string name)
    {
        Name = name;
        Commands = new ProcessCommandRunner("ip", "netns", "exec", name);
    }

    public string Name { get; }

    public ICommandRunner Commands { get; }

    public static async Task<NetworkNamespace> CreateAsync(string name)
    {
        await HostAsync("netns", "add", name);
        var created = new NetworkNamespace(name);
        await created.IpAsync("link", "set", "lo", "up");
        return created;
    }

    /// <summary>Runs <c>ip</c> in the machine's own namespace.</summary>
    public static Task HostAsync(params string[] arguments) => RunAsync(new ProcessCommandRunner(), "ip", arguments);

    /// <summary>Runs <c>ip</c> in this one.</summary>
    public Task IpAsync(params string[] arguments) => RunAsync(new ProcessCommandRunner(), "ip", ["-n", Name, .. arguments]);

    public Task<string> RunAsync(string program, params string[] arguments) => RunAsync(Commands, program, arguments);

    /// <summary>Runs something on a thread that is in this namespace; sockets it makes stay there.</summary>
    public Task<T> InsideAsync<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);

        // The thread ends with the work, so it never has to find its way back.
        var thread = new Thread(() =>
        {
            try
            {
                using var file = File.OpenHandle($"/run/netns/{Name}");
                if (SetNamespace(file.DangerousGetHandle().ToInt32(), CloneNewNet) != 0)
                {
                    throw new IOException($"setns({Name}): {Marshal.GetLastPInvokeErrorMessage()}");
                }

                done.SetResult(work());
            }
            catch (Exception exception)
            {
                done.SetException(exception);
            }
        });
        thread.Start();
        return done.Task;
    }

    public async ValueTask DisposeAsync() => await HostAsync("netns", "delete", Name);

    private static async Task<string> RunAsync(ICommandRunner commands, string program, params string[] arguments)
    {
        var result = await commands.RunAsync(program, arguments, "", CancellationToken.None);
        return result.Succeeded ? result.Output : throw new IOException($"{program} {string.Join(' ', arguments)}: {result.Error}");
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(int file, int kind);
}
