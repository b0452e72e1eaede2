using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Storage.Sqlite;

namespace Orchestrator.Storage.Tests.Sqlite;

public sealed class SqliteStoreTests : StoreConformance, IDisposable
{
    private static readonly StoreKey Web = new("pods", "default/web");
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly TemporaryDirectory _directory = new();
    private int _stores;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_reopened_store_has_everything_but_attachments()
    {
        Revision revision;
        await using (var store = Open())
        {
            for (var i = 0; i < 500; i++)
            {
                await store.CommitAsync(Operation.Put(new("pods", $"default/p{i % 100}"), Bytes($"v{i}"), new object()), None);
            }

            await store.CommitAsync(Operation.Delete(new("pods", "default/p7")), None);
            await store.CommitAsync(Operation.Put(new("leases", "empty"), default), None);
            revision = (await store.CommitAsync(Operation.Delete(new("pods", "default/p8")), None)).Revision;
        }

        await using var reopened = Open();
        Assert.Equal(revision, reopened.CurrentRevision);
        Assert.Equal(98, reopened.Snapshot("pods").Count);
        var value = reopened.Get(new("pods", "default/p42"));
        Assert.NotNull(value);
        Assert.Equal("v442", Text(value));
        Assert.Equal(new Revision(44), value.CreateRevision);
        Assert.Equal(new Revision(444), value.ModRevision);
        Assert.Null(value.Attachment);
        Assert.Equal(0, reopened.Get(new("leases", "empty"))!.Payload.Length);
        var next = await reopened.CommitAsync(Operation.Replace(value.Key, value.ModRevision, Bytes("next")), None);
        Assert.Equal(new Revision(revision.Value + 1), next.Revision);
    }

    [Fact]
    public async Task A_watch_and_a_read_reach_back_behind_the_restart()
    {
        await using (var store = Open())
        {
            for (var i = 0; i < 20; i++)
            {
                await store.CommitAsync(Operation.Put(new("pods", $"ns{i % 2}/p{i % 4}"), Bytes($"v{i}")), None);
            }

            await store.CommitAsync(Operation.Delete(new("pods", "ns1/p3")), None);
        }

        await using var reopened = Open(new() { WatchBatchMax = 3 });
        await reopened.CommitAsync(Operation.Put(new("pods", "ns0/p0"), Bytes("after")), None);

        using var watch = reopened.Watch("pods", WatchScope.All, new Revision(11));
        var events = await ReadAsync(watch, 12);
        Assert.Equal(Enumerable.Range(12, 12).Select(i => new Revision(i)), events.Select(change => change.Revision));
        Assert.Equal("v10", Text(events[0].Value));
        Assert.Equal("v6", Text(events[0].Previous));
        Assert.Equal(ChangeKind.Deleted, events[10].Kind);
        Assert.Equal("v19", Text(events[10].Value));
        Assert.Equal("after", Text(events[11].Value));

        using var ofNamespace = reopened.Watch("pods", WatchScope.Namespace("ns0"), new Revision(11));
        Assert.Equal(["v10", "v12", "v14", "v16", "v18", "after"], (await ReadAsync(ofNamespace, 6)).Select(change => Text(change.Value)));

        var then = await reopened.SnapshotAtAsync("pods", new Revision(11), None);
        Assert.Equal(["v8", "v6", "v9", "v7"], then.Snapshot!.Range().Select(Text));
        var early = await reopened.SnapshotAtAsync("pods", new Revision(3), None);
        Assert.Equal(["ns0/p0", "ns1/p1"], early.Snapshot!.Range().Select(value => value.Name));
    }

    [Fact]
    public async Task Collections_without_history_forget_at_once_and_keep_their_values()
    {
        var options = new StoreOptions { WithoutHistory = new HashSet<string> { "leases" } };
        await using (var store = Open(options))
        {
            await Task.WhenAll(Enumerable.Range(0, 8).Select(node => Task.Run(async () =>
            {
                for (var i = 0; i < 500; i++)
                {
                    await store.CommitAsync(Operation.Put(new("leases", $"n{node}"), Bytes($"v{i}")), None);
                }
            })));
        }

        await using var reopened = Open(options);
        Assert.Equal(Enumerable.Repeat("v499", 8), reopened.Snapshot("leases").Range().Select(Text));
        using var watch = reopened.Watch("leases", WatchScope.All, new Revision(2));
        Assert.Equal(WatchStatus.Compacted, (await watch.ReadAsync(None)).Status);
        Assert.True((await reopened.HistoryAsync(new("leases", "n0"), None)).Count < 250, "superseded rows were not deleted");
    }

    [Fact]
    public async Task Compaction_survives_a_restart_and_revisions_never_go_back()
    {
        Revision last;
        await using (var store = Open())
        {
            await store.CommitAsync(Operation.Put(Web, Bytes("one")), None);
            await store.CommitAsync(Operation.Put(Web, Bytes("two")), None);
            last = (await store.CommitAsync(Operation.Delete(Web), None)).Revision;
            await store.CompactAsync(last, None);
        }

        await using var reopened = Open();
        Assert.Equal(last, reopened.CurrentRevision);
        Assert.Empty(await reopened.HistoryAsync(Web, None));
        using var watch = reopened.Watch("pods", WatchScope.All, Revision.First);
        Assert.Equal(WatchStatus.Compacted, (await watch.ReadAsync(None)).Status);
        Assert.True((await reopened.SnapshotAtAsync("pods", Revision.First, None)).IsCompacted);
    }

    [Fact]
    public async Task A_second_store_on_the_same_directory_is_refused()
    {
        await using var store = Open();

        var refusal = Assert.Throws<StoreInUseException>(() => Open());

        Assert.Contains(_directory.Path, refusal.Message, StringComparison.Ordinal);
        Assert.Contains($"process {Environment.ProcessId}", refusal.Message, StringComparison.Ordinal);
        Assert.True((await store.CommitAsync(Operation.Put(Web, Bytes("one")), None)).IsCommitted);
    }

    [Fact]
    public async Task A_damaged_value_stops_the_start_and_is_named()
    {
        var marker = "a value that can be found on the disk";
        await using (var store = Open())
        {
            await store.CommitAsync(Operation.Put(Web, Bytes(marker)), None);
        }

        var content = await File.ReadAllBytesAsync(_directory["state.db"]);
        var at = content.AsSpan().IndexOf(Bytes(marker));
        Assert.True(at > 0);
        content[at] ^= 1;
        await File.WriteAllBytesAsync(_directory["state.db"], content);

        var failure = Assert.Throws<StoreCorruptedException>(() => Open());
        Assert.Contains("pods/default/web", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_database_stops_the_start()
    {
        File.WriteAllText(_directory["state.db"], new string('x', 100_000));

        Assert.Throws<StoreCorruptedException>(() => Open());
    }

    [Fact]
    public async Task A_backup_made_under_load_can_be_restored()
    {
        await using var store = Open();
        using var stop = new CancellationTokenSource();
        for (var i = 0; i < 200; i++)
        {
            await store.CommitAsync(Operation.Put(new("pods", $"default/p{i}"), Bytes($"v{i}")), None);
        }

        var load = Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                await store.CommitAsync(Operation.Put(new("nodes", $"n{i % 10}"), new byte[2000]), None);
            }
        });
        var revision = await store.BackupAsync(_directory["backup.db"], None);
        await stop.CancelAsync();
        await load;
        await Assert.ThrowsAsync<IOException>(() => store.BackupAsync(_directory["backup.db"], None).AsTask());
        Assert.Throws<StoreInUseException>(() => SqliteBackup.Restore(_directory["backup.db"], _directory.Path, 0));

        SqliteBackup.Restore(_directory["backup.db"], _directory["restored"], revisionBump: 1_000_000);
        await using var restored = Open(directory: _directory["restored"]);

        Assert.True(restored.CurrentRevision.Value >= revision.Value + 1_000_000);
        Assert.Equal(200, restored.Snapshot("pods").Count);
        Assert.Equal("v7", Text(restored.Get(new("pods", "default/p7"))));
        using var watch = restored.Watch("pods", WatchScope.All, revision);
        Assert.Equal(WatchStatus.Compacted, (await watch.ReadAsync(None)).Status);
        Assert.True((await restored.CommitAsync(Operation.Put(Web, Bytes("x")), None)).IsCommitted);
    }

    [Fact]
    public async Task A_transformer_sees_every_value_on_its_way_and_the_disk_sees_no_plain_one()
    {
        var secret = "hunter2 hunter2 hunter2";
        var options = new StoreOptions { Transformer = new Inverter() };
        await using (var store = Open(options))
        {
            await store.CommitAsync(Operation.Put(new("secrets", "default/s"), Bytes(secret)), None);
            await store.CommitAsync(Operation.Put(new("pods", "default/p"), Bytes("plain enough to find")), None);
            Assert.Equal(secret, Text(store.Get(new("secrets", "default/s"))));
        }

        var content = await File.ReadAllBytesAsync(_directory["state.db"]);
        Assert.Equal(-1, content.AsSpan().IndexOf(Bytes(secret)));
        Assert.True(content.AsSpan().IndexOf(Bytes("plain enough to find")) > 0);
        await using var reopened = Open(options);
        Assert.Equal(secret, Text(reopened.Get(new("secrets", "default/s"))));
        Assert.Equal(secret, Text((await reopened.HistoryAsync(new("secrets", "default/s"), None))[0].Value));
    }

    [Fact]
    public async Task A_full_disk_refuses_writes_and_harms_nothing()
    {
        var mount = Directory.CreateDirectory(_directory["small"]).FullName;
        if (!Run("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", mount))
        {
            Assert.Skip("needs the right to mount a tmpfs");
        }

        try
        {
            await using var store = Open(directory: mount);
            var written = 0;
            StoreUnavailableException? refusal = null;
            while (refusal is null)
            {
                try
                {
                    await store.CommitAsync(Operation.Create(new("pods", $"default/p{written}"), new byte[20_000]), None);
                    written++;
                }
                catch (StoreUnavailableException exception)
                {
                    refusal = exception;
                }
            }

            Assert.True(written > 10);
            Assert.Equal(written, store.Snapshot("pods").Count);
            Assert.Equal(new Revision(written + 1), store.CurrentRevision);
            Assert.False(store.Completion.IsCompleted);

            Assert.True(Run("mount", "-o", "remount,size=20m", mount));
            var next = await store.CommitAsync(Operation.Create(new("pods", $"default/p{written}"), new byte[20_000]), None);
            Assert.Equal(new Revision(written + 2), next.Revision);
            await store.DisposeAsync();
            await using var reopened = Open(directory: mount);
            Assert.Equal(written + 1, reopened.Snapshot("pods").Count);
            Assert.Equal(next.Revision, reopened.CurrentRevision);
        }
        finally
        {
            Assert.True(Run("umount", mount));
        }
    }

    [Fact]
    public async Task The_write_ahead_log_does_not_grow_without_end()
    {
        await using var store = Open(checkpointBytes: 1 << 20);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < 1000; i++)
            {
                await store.CommitAsync(Operation.Put(new("pods", $"w{writer}/p{i % 50}"), new byte[3000]), None);
            }
        })));

        Assert.InRange(new FileInfo(_directory["state.db-wal"]).Length, 1, 16 << 20); // 24 MB were written, at 2 MB a round and some.
    }

    protected override ValueTask<IStore> OpenAsync(StoreOptions options) =>
        new(Open(options, directory: _directory[$"{_stores++}"]));

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private SqliteStore Open(StoreOptions? options = null, string? directory = null, long checkpointBytes = 16 << 20) =>
        SqliteStore.Open(
            new() { Directory = directory ?? _directory.Path, Store = options ?? new(), CheckpointBytes = checkpointBytes },
            TimeProvider.System,
            NullLogger<SqliteStore>.Instance);

    private sealed class Inverter : IValueTransformer
    {
        public ReadOnlyMemory<byte> Seal(StoreKey key, ReadOnlyMemory<byte> payload) => Invert(key, payload);

        public ReadOnlyMemory<byte> Open(StoreKey key, ReadOnlyMemory<byte> stored) => Invert(key, stored);

        private static ReadOnlyMemory<byte> Invert(StoreKey key, ReadOnlyMemory<byte> bytes) =>
            key.Collection == "secrets" ? Array.ConvertAll(bytes.ToArray(), value => (byte)~value) : bytes;
    }
}
