using System.Collections.Concurrent;

namespace Orchestrator.EndToEnd.Tests.Cluster;

/// <summary>A client that requests a page without pause, each time over a new connection, and counts what failed.</summary>
public sealed class Hammer : IAsyncDisposable
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly Task[] _clients;
    private int _answers;

    /// <summary>Starts at once.</summary>
    public Hammer(Uri url, int clients) => _clients = [.. Enumerable.Range(0, clients).Select(_ => Task.Run(() => RunAsync(url)))];

    public int Answers => Volatile.Read(ref _answers);

    public IReadOnlyCollection<string> Failures => _failures;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_clients);
        _stop.Dispose();
    }

    private async Task RunAsync(Uri url)
    {
        using var client = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero, UseProxy = false }) { Timeout = RequestTimeout };
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await client.GetStringAsync(url);
                Interlocked.Increment(ref _answers);
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                _failures.Enqueue($"{DateTimeOffset.UtcNow:HH:mm:ss.fff} {e.Message}");
            }
        }
    }
}
