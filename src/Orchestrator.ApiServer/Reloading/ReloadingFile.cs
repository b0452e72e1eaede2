using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Orchestrator.ApiServer.Reloading;

/// <summary>
/// A configuration file that may change while the server runs: a good new one takes the place of the old, a bad one is told of and leaves the
/// old in place.
/// </summary>
internal sealed partial class ReloadingFile : IAsyncDisposable
{
    // The file is small and read whole: that also notices a folder that was swapped as a whole, as mounted ConfigMaps are.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // A bad file may be bad for what it names; it is tried again even if it stays as it is.
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMinutes(1);

    private readonly string _path;
    private readonly Action<byte[]> _apply;
    private readonly ReloadInstruments _instruments;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _work;
    private byte[] _applied;
    private byte[]? _refused;
    private DateTimeOffset _retryAt;

    /// <param name="path">The file.</param>
    /// <param name="applied">What it said when the server began.</param>
    /// <param name="apply">Takes what it says now, or throws a <see cref="FormatException"/> or <see cref="IOException"/> and changes nothing.</param>
    /// <param name="instruments">Counts.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For faults.</param>
    public ReloadingFile(string path, byte[] applied, Action<byte[]> apply, ReloadInstruments instruments, TimeProvider time, ILogger<ReloadingFile> logger)
    {
        (_path, _applied, _apply, _instruments, _time, _logger) = (path, applied, apply, instruments, time, logger);
        instruments.Applied(Hash(applied));
        _work = Task.Run(WatchAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _work;
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Interval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                Look();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    private void Look()
    {
        byte[]? now = null;
        try
        {
            now = File.ReadAllBytes(_path);
            if (now.AsSpan().SequenceEqual(_applied))
            {
                _refused = null;
                return;
            }

            if (_refused is not null && now.AsSpan().SequenceEqual(_refused) && _time.GetUtcNow() < _retryAt)
            {
                return;
            }

            _apply(now);
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            if (now is null && _refused is { Length: 0 } && _time.GetUtcNow() < _retryAt)
            {
                return;
            }

            (_refused, _retryAt) = (now ?? [], _time.GetUtcNow() + RetryInterval);
            _instruments.Failed(_time.GetUtcNow());
            LogRefused(_path, e.Message);
            return;
        }

        (_applied, _refused) = (now, null);
        _instruments.Succeeded(_time.GetUtcNow(), Hash(now));
        LogReloaded(_path);
    }

    private static string Hash(byte[] content) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));

    [LoggerMessage(3201, LogLevel.Information, "{Path} has changed and is in force")]
    private partial void LogReloaded(string path);

    [LoggerMessage(3202, LogLevel.Error, "{Path} is not in force, what it said before still is: {Reason}")]
    private partial void LogRefused(string path, string reason);
}
