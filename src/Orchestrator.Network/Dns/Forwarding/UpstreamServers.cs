using System.Net;
using Microsoft.Extensions.Logging;

namespace Orchestrator.Network.Dns.Forwarding;

/// <summary>The servers to ask at the moment: the configured ones, or the host's, followed as its resolv.conf changes.</summary>
internal sealed partial class UpstreamServers(ForwarderOptions options, TimeProvider time, ILogger<UpstreamServers> logger)
{
    /// <summary>A look at the file's times is cheap, but not once per question.</summary>
    private static readonly TimeSpan CheckEvery = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private IReadOnlyList<IPEndPoint> _servers = [];
    private DateTime _writtenAt;
    private long _checkedAt;
    private bool _checked;

    /// <summary>The servers in the order to ask them; empty if there are none.</summary>
    public IReadOnlyList<IPEndPoint> Current()
    {
        if (options.Servers.Count > 0)
        {
            return options.Servers;
        }

        lock (_lock)
        {
            if (!_checked || time.GetElapsedTime(_checkedAt) >= CheckEvery)
            {
                _checked = true;
                _checkedAt = time.GetTimestamp();
                ReloadLocked();
            }

            return _servers;
        }
    }

    private void ReloadLocked()
    {
        try
        {
            var writtenAt = File.GetLastWriteTimeUtc(options.ResolvConfPath);
            if (writtenAt == _writtenAt)
            {
                return;
            }

            var all = ResolvConf.ParseServers(File.ReadAllText(options.ResolvConfPath));
            _servers = [.. all.Where(server => !options.OwnAddresses.Contains(server.Address))];
            _writtenAt = writtenAt;
            LogServers(options.ResolvConfPath, string.Join(", ", _servers), all.Count - _servers.Count);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The last good list stays; the next question looks again.
            LogUnreadable(exception, options.ResolvConfPath);
        }
    }

    [LoggerMessage(NetworkEvents.DnsUpstreamServers, LogLevel.Information, "Names outside the cluster are asked of {Servers} (from {Path}, {Skipped} left out because they are this server)")]
    private partial void LogServers(string path, string servers, int skipped);

    [LoggerMessage(NetworkEvents.DnsResolvConfUnreadable, LogLevel.Warning, "Can't read {Path}; the servers known so far are kept")]
    private partial void LogUnreadable(Exception exception, string path);
}
