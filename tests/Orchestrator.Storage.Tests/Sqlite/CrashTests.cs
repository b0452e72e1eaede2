using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Storage.Sqlite;

namespace Orchestrator.Storage.Tests.Sqlite;

public sealed class CrashTests
{
    private const int Rounds = 20;

    [Fact]
    public async Task Nothing_acknowledged_is_lost_whenever_the_process_is_killed()
    {
        using var directory = new TemporaryDirectory();
        const int Seed = 20260722;
        var random = new Random(Seed);
        var revision = Revision.First;
        var committed = 0L;
        for (var round = 0; round < Rounds; round++)
        {
            var acknowledged = await RunAndKillAsync(directory.Path, TimeSpan.FromMilliseconds(random.Next(5, 400)));
            await using var store = SqliteStore.Open(CrashChild.Options(directory.Path), TimeProvider.System, NullLogger<SqliteStore>.Instance);
            for (var writer = 0; writer < CrashChild.Writers; writer++)
            {
                var counter = store.Get(CrashChild.Counter(writer));
                if (acknowledged[writer] is { } last)
                {
                    Assert.NotNull(counter);

                    // The one transaction in flight may have become durable without its answer getting out.
                    Assert.InRange(CrashChild.SequenceOf(counter), last.Sequence, last.Sequence + 1);
                    Assert.True(store.CurrentRevision >= last.Revision, $"seed {Seed}, round {round}");
                    revision = Revision.Max(revision, last.Revision);
                }

                AssertWhole(store, writer, counter);
            }

            Assert.True(store.CurrentRevision >= revision);
            committed = store.CurrentRevision.Value;
        }

        Assert.True(committed > Rounds * CrashChild.Writers, $"only {committed} commits happened: the test shows nothing");
    }

    /// <summary>What one transaction wrote is there together, with the content that it had.</summary>
    private static void AssertWhole(SqliteStore store, int writer, StoredValue? counter)
    {
        if (counter is null)
        {
            Assert.Null(store.Get(CrashChild.Lease(writer)));
            return;
        }

        var sequence = CrashChild.SequenceOf(counter);
        var lease = store.Get(CrashChild.Lease(writer));
        Assert.NotNull(lease);
        Assert.Equal(sequence, CrashChild.SequenceOf(lease));
        Assert.Equal(counter.ModRevision, lease.ModRevision);
        if (store.Get(CrashChild.Key(writer, sequence)) is { } value)
        {
            Assert.Equal(sequence, CrashChild.SequenceOf(value));
            Assert.True(CrashChild.Payload(writer, sequence).AsSpan().SequenceEqual(value.Payload.Span));
        }
        else
        {
            Assert.Equal(0, sequence % 11);
        }
    }

    private static async Task<(long Sequence, Revision Revision)?[]> RunAndKillAsync(string directory, TimeSpan after)
    {
        var acknowledged = new (long Sequence, Revision Revision)?[CrashChild.Writers];
        using var child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [CrashChild.Switch, directory])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        try
        {
            Task? delay = null;
            while (await child.StandardOutput.ReadLineAsync() is { } line)
            {
                // From the first answer on, so that the kill hits the writing and not the start.
                delay ??= Task.Delay(after).ContinueWith(_ => child.Kill(), TaskScheduler.Default);
                var parts = line.Split(' ');
                if (parts.Length == 3 && long.TryParse(parts[2], CultureInfo.InvariantCulture, out var revision))
                {
                    acknowledged[int.Parse(parts[0], CultureInfo.InvariantCulture)] = (long.Parse(parts[1], CultureInfo.InvariantCulture), new(revision));
                }
            }

            await child.WaitForExitAsync();
            if (delay is not null)
            {
                await delay;
            }
        }
        finally
        {
            if (!child.HasExited)
            {
                child.Kill();
            }
        }

        Assert.All(acknowledged, last => Assert.True(last is null || last.Value.Sequence > 0));
        Assert.Contains(acknowledged, last => last is not null);
        return acknowledged;
    }
}
