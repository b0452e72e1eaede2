using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Storage.Sqlite;

namespace Orchestrator.Storage.Tests.Sqlite;

/// <summary>Writes to a store as fast as it can and says what was acknowledged, until it is killed.</summary>
internal static class CrashChild
{
    public const string Switch = "--crash-child";
    public const int Writers = 6;
    public const int KeysPerWriter = 40;

    public static StoreKey Key(int writer, long sequence) => new("pods", $"w{writer}/k{sequence % KeysPerWriter}");

    /// <summary>Written in the same transaction as the key.</summary>
    public static StoreKey Counter(int writer) => new("counters", $"w{writer}");

    /// <summary>Without history, so that what it supersedes is deleted all the time.</summary>
    public static StoreKey Lease(int writer) => new("leases", $"w{writer}");

    public static SqliteStoreOptions Options(string directory) => new()
    {
        Directory = directory,
        CheckpointBytes = 1 << 20, // Often, so that kills hit checkpoints too.
        Store = new() { WithoutHistory = new HashSet<string> { "leases" }, HistoryRetention = TimeSpan.FromSeconds(2) },
    };

    public static byte[] Payload(int writer, long sequence)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{writer} {sequence} ");
        return Encoding.UTF8.GetBytes(text.Append('x', (int)(sequence * 7919 % 4000)).ToString());
    }

    public static long SequenceOf(StoredValue value) =>
        long.Parse(Encoding.UTF8.GetString(value.Payload.Span).Split(' ')[1], CultureInfo.InvariantCulture);

    public static async Task<int> RunAsync(string directory)
    {
        await using var store = SqliteStore.Open(Options(directory), TimeProvider.System, NullLogger<SqliteStore>.Instance);
        using var output = Console.OpenStandardOutput();
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(store, output, writer))));
        return 0;
    }

    private static async Task WriteAsync(SqliteStore store, Stream output, int writer)
    {
        var sequence = store.Get(Counter(writer)) is { } last ? SequenceOf(last) : 0;
        while (true)
        {
            sequence++;
            var payload = Payload(writer, sequence);
            var key = Key(writer, sequence);
            var write = sequence % 11 == 0 && store.Get(key) is { } existing ? Operation.Delete(key, existing.ModRevision) : Operation.Put(key, payload);
            var result = await store.CommitAsync(
                new Transaction(write, Operation.Put(Counter(writer), payload), Operation.Put(Lease(writer), payload)), CancellationToken.None);
            var line = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{writer} {sequence} {result.Revision.Value}\n"));
            lock (output)
            {
                output.Write(line);
            }
        }
    }
}
