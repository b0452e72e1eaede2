using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Orchestrator.Settings;

namespace Orchestrator.Containerd;

/// <summary>
/// One containerd as an operating system process of its own session: it and the pods' shims outlive this program,
/// which adopts it again at the next start.
/// </summary>
internal sealed class ContainerdProcess(ContainerdOptions options, TimeProvider time)
{
    private static readonly TimeSpan SocketPollInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>The system's directories, also for callers whose PATH lacks the administrator's.</summary>
    private static readonly string SearchPath = Environment.GetEnvironmentVariable("PATH") + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>Kept so that the runtime reaps the process when it ends before we do.</summary>
    private Process? _child;

    /// <summary>The running instance's process id, or null.</summary>
    /// <remarks>The pid file alone proves nothing after a reboot; the process must have our config file as its argument.</remarks>
    public int? FindRunning()
    {
        try
        {
            var pid = int.Parse(File.ReadAllText(options.PidFile), NumberStyles.None, CultureInfo.InvariantCulture);
            var arguments = File.ReadAllText($"/proc/{pid}/cmdline").Split('\0'); // Empty for a zombie.
            return arguments.Contains(options.ConfigFile) ? pid : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or OverflowException)
        {
            return null; // No file, no such process, or half a number: none is running that we know of.
        }
    }

    /// <summary>Starts an instance and waits until its socket answers.</summary>
    /// <exception cref="SettingException">A program is missing, or containerd ended at once; the message quotes its last words.</exception>
    public async Task<int> StartAsync(CancellationToken cancellationToken)
    {
        foreach (var program in (string[])["containerd", "containerd-shim-runc-v2", "runc"])
        {
            if (!IsInstalled(program))
            {
                throw new SettingException($"{program} is not installed: apt-get install containerd runc brings it; or name the socket of a running containerd with --containerd");
            }
        }

        Directory.CreateDirectory(options.Directory);
        Directory.CreateDirectory(options.CniConfigurationDirectory);
        File.WriteAllText(options.ConfigFile, ContainerdConfig.Text(options));
        File.Delete(options.Socket);
        PutLogAside();

        // A shell only to append to the log; exec leaves containerd itself under this process id.
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = "/" };
        start.Environment["PATH"] = SearchPath;
        foreach (var argument in (string[])["-c", "exec setsid containerd --config \"$0\" >>\"$1\" 2>&1 </dev/null", options.ConfigFile, options.LogFile])
        {
            start.ArgumentList.Add(argument);
        }

        _child?.Dispose();
        _child = Process.Start(start)!;
        File.WriteAllText(options.PidFile, _child.Id.ToString(CultureInfo.InvariantCulture));
        await WaitUntilAnsweringAsync(_child, cancellationToken);
        return _child.Id;
    }

    /// <summary>True if something listens on the socket.</summary>
    public static bool IsAnswering(string socket)
    {
        using var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            connection.Connect(new UnixDomainSocketEndPoint(socket));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static bool IsInstalled(string program) =>
        SearchPath.Split(':', StringSplitOptions.RemoveEmptyEntries).Any(directory => File.Exists(Path.Combine(directory, program)));

    private async Task WaitUntilAnsweringAsync(Process process, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (!IsAnswering(options.Socket))
        {
            if (process.HasExited)
            {
                throw new SettingException($"containerd ended at its start with code {process.ExitCode}: {LastWords()} (see {options.LogFile})");
            }

            if (time.GetElapsedTime(started) > options.StartTimeout)
            {
                throw new SettingException($"containerd did not answer on {options.Socket} within {options.StartTimeout.TotalSeconds:0} s (see {options.LogFile})");
            }

            await Task.Delay(SocketPollInterval, time, cancellationToken);
        }
    }

    private string LastWords() => File.ReadLines(options.LogFile).LastOrDefault(line => line.Length > 0) ?? "it said nothing";

    private void PutLogAside()
    {
        if (new FileInfo(options.LogFile) is { Exists: true } log && log.Length > options.LogSizeMaxBytes)
        {
            File.Move(options.LogFile, options.LogFile + ".1", overwrite: true);
        }
    }
}
