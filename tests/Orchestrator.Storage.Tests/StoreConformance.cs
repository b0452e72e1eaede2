using System.Text;

namespace Orchestrator.Storage.Tests;

/// <summary>What every engine owes its users. One test class per engine derives from it.</summary>
public abstract class StoreConformance
{
    private static readonly StoreKey Web = new("pods", "default/web");
    private static readonly CancellationToken None = CancellationToken.None;

    protected abstract ValueTask<IStore> OpenAsync(StoreOptions options);

    [Fact]
    public async Task An_empty_store_is_past_revision_zero_and_lists_nothing()
    {
        await using var store = await OpenAsync(new());

        Assert.True(store.CurrentRevision >= Revision.First);
        Assert.Equal(0, store.Snapshot("pods").Count);
        Assert.Equal(store.CurrentRevision, store.Snapshot("pods").Revision);
    }

    [Fact]
    public async Task A_created_value_can_be_read_with_its_payload_attachment_and_revisions()
    {
        await using var store = await OpenAsync(new());
        var attachment = new object();

        var result = await store.CommitAsync(Operation.Create(Web, Bytes("one"), attachment), None);

        Assert.True(result.IsCommitted);
        Assert.Equal(store.CurrentRevision, result.Revision);
        var value = store.Get(Web);
        Assert.NotNull(value);
        Assert.Same(value, result.Value);
        Assert.Equal("one", Text(value));
        Assert.Same(attachment, value.Attachment);
        Assert.Equal(result.Revision, value.CreateRevision);
        Assert.Equal(result.Revision, value.ModRevision);
    }

    [Fact]
    public async Task A_create_over_an_existing_key_fails_and_shows_what_is_there()
    {
        await using var store = await OpenAsync(new());
        var first = await store.CommitAsync(Operation.Create(Web, Bytes("one")), None);

        var second = await store.CommitAsync(Operation.Create(Web, Bytes("two")), None);

        Assert.False(second.IsCommitted);
        Assert.Equal(0, second.FailedOperation);
        Assert.Equal(first.Revision, second.Current!.ModRevision);
        Assert.Equal("one", Text(second.Current));
        Assert.Equal("one", Text(store.Get(Web)));
    }

    [Fact]
    public async Task A_replace_keeps_the_create_revision_and_needs_the_right_version()
    {
        await using var store = await OpenAsync(new());
        var created = await store.CommitAsync(Operation.Create(Web, Bytes("one")), None);

        var replaced = await store.CommitAsync(Operation.Replace(Web, created.Revision, Bytes("two")), None);
        var stale = await store.CommitAsync(Operation.Replace(Web, created.Revision, Bytes("three")), None);

        Assert.True(replaced.IsCommitted);
        Assert.Equal(created.Revision, store.Get(Web)!.CreateRevision);
        Assert.Equal(replaced.Revision, store.Get(Web)!.ModRevision);
        Assert.False(stale.IsCommitted);
        Assert.Equal("two", Text(stale.Current));
    }

    [Fact]
    public async Task A_delete_removes_and_returns_the_last_value_and_fails_when_there_is_none()
    {
        await using var store = await OpenAsync(new());
        var created = await store.CommitAsync(Operation.Create(Web, Bytes("one")), None);

        var stale = await store.CommitAsync(Operation.Delete(Web, new Revision(created.Revision.Value + 1)), None);
        var deleted = await store.CommitAsync(Operation.Delete(Web, created.Revision), None);
        var again = await store.CommitAsync(Operation.Delete(Web), None);

        Assert.False(stale.IsCommitted);
        Assert.True(deleted.IsCommitted);
        Assert.Equal("one", Text(deleted.Value));
        Assert.True(deleted.Revision > created.Revision);
        Assert.Null(store.Get(Web));
        Assert.False(again.IsCommitted);
        Assert.Null(again.Current);
    }

    [Fact]
    public async Task A_recreated_key_gets_a_new_create_revision()
    {
        await using var store = await OpenAsync(new());
        await store.CommitAsync(Operation.Create(Web, Bytes("one")), None);
        await store.CommitAsync(Operation.Delete(Web), None);

        var again = await store.CommitAsync(Operation.Create(Web, Bytes("two")), None);

        Assert.Equal(again.Revision, store.Get(Web)!.CreateRevision);
    }

    [Fact]
    public async Task A_transaction_happens_at_one_revision_or_not_at_all()
    {
        await using var store = await OpenAsync(new());
        var other = new StoreKey("services", "default/web");
        var before = store.CurrentRevision;

        var failed = await store.CommitAsync(
            new Transaction(Operation.Create(Web, Bytes("one")), Operation.Check(other, Expectation.Exists)), None);
        Assert.False(failed.IsCommitted);
        Assert.Equal(1, failed.FailedOperation);
        Assert.Null(store.Get(Web));
        Assert.Equal(before, store.CurrentRevision);

        var done = await store.CommitAsync(
            new Transaction(Operation.Create(Web, Bytes("one")), Operation.Put(other, Bytes("two")), Operation.Check(new("nodes", "n1"), Expectation.Absent)), None);
        Assert.True(done.IsCommitted);
        Assert.Equal(new Revision(before.Value + 1), done.Revision);
        Assert.Equal(done.Revision, store.Get(Web)!.ModRevision);
        Assert.Equal(done.Revision, store.Get(other)!.ModRevision);
        Assert.Same(store.Get(other), done[1]);
        Assert.Null(done[2]);
    }

    [Fact]
    public async Task A_transaction_that_only_checks_takes_no_revision()
    {
        await using var store = await OpenAsync(new());
        var created = await store.CommitAsync(Operation.Create(Web, Bytes("one")), None);

        var check = await store.CommitAsync(Operation.Check(Web, Expectation.AtRevision(created.Revision)), None);

        Assert.True(check.IsCommitted);
        Assert.Equal(created.Revision, check.Revision);
        Assert.Equal("one", Text(check.Value));
        Assert.Equal(created.Revision, store.CurrentRevision);
    }

    [Fact]
    public async Task Collections_are_listed_in_order_by_prefix_and_in_pages()
    {
        await using var store = await OpenAsync(new());
        string[] names = ["b/2", "a/1", "b/10", "c/0", "b/1", "ba/1"];
        foreach (var name in names)
        {
            await store.CommitAsync(Operation.Create(new("pods", name), Bytes(name)), None);
        }

        await store.CommitAsync(Operation.Create(new("podtemplates", "b/3"), Bytes("x")), None);

        var snapshot = store.Snapshot("pods");
        Assert.Equal(["a/1", "b/1", "b/10", "b/2", "ba/1", "c/0"], snapshot.Range().Select(value => value.Name));
        Assert.Equal(["b/1", "b/10", "b/2"], snapshot.Range("b/").Select(value => value.Name));
        Assert.Equal(["b/10", "b/2"], snapshot.Range("b/", from: "b/1\0").Select(value => value.Name));
        Assert.Equal(2, snapshot.Range("b/", from: "b/1\0").Count);
        Assert.Equal(3, snapshot.Range("b/").Count);
        Assert.Equal(6, snapshot.Count);
        Assert.Empty(snapshot.Range("zz/"));
        Assert.Equal(0, snapshot.Range("b/", from: "c").Count);
    }

    [Fact]
    public async Task A_snapshot_does_not_change_and_its_revision_can_be_read_again()
    {
        await using var store = await OpenAsync(new());
        var random = new Random(7);
        var expected = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var states = new List<(Revision Revision, KeyValuePair<string, string>[] Content)>();
        for (var i = 0; i < 300; i++)
        {
            var name = $"ns{random.Next(3)}/p{random.Next(40)}";
            if (expected.ContainsKey(name) && random.Next(3) == 0)
            {
                expected.Remove(name);
                await store.CommitAsync(Operation.Delete(new("pods", name)), None);
            }
            else
            {
                expected[name] = $"v{i}";
                await store.CommitAsync(Operation.Put(new("pods", name), Bytes($"v{i}")), None);
            }

            await store.CommitAsync(Operation.Put(new("nodes", "noise"), Bytes("x")), None);
            states.Add((store.Snapshot("pods").Revision, [.. expected]));
        }

        foreach (var (revision, content) in states)
        {
            var then = await store.SnapshotAtAsync("pods", revision, None);
            Assert.False(then.IsCompacted);
            Assert.Equal(revision, then.Snapshot!.Revision);
            Assert.Equal(content, then.Snapshot.Range().Select(value => KeyValuePair.Create(value.Name, Text(value))));
        }
    }

    [Fact]
    public async Task A_snapshot_of_the_future_is_waited_for()
    {
        await using var store = await OpenAsync(new());
        var next = new Revision(store.CurrentRevision.Value + 1);

        var pending = store.SnapshotAtAsync("pods", next, None).AsTask();
        Assert.False(pending.IsCompleted);
        await store.CommitAsync(Operation.Create(Web, Bytes("one")), None);

        Assert.Equal(1, (await pending.Within("the snapshot")).Snapshot!.Count);
    }

    [Fact]
    public async Task A_watch_sees_every_change_in_order_with_what_was_there_before()
    {
        await using var store = await OpenAsync(new());
        using var watch = store.Watch("pods", WatchScope.All, store.CurrentRevision);
        var created = await store.CommitAsync(Operation.Create(Web, Bytes("one")), None);
        var modified = await store.CommitAsync(Operation.Replace(Web, created.Revision, Bytes("two")), None);
        await store.CommitAsync(Operation.Create(new("services", "default/web"), Bytes("other")), None);
        var deleted = await store.CommitAsync(Operation.Delete(Web, modified.Revision), None);

        var events = await ReadAsync(watch, 3);

        Assert.Equal([ChangeKind.Created, ChangeKind.Modified, ChangeKind.Deleted], events.Select(change => change.Kind));
        Assert.Equal([created.Revision, modified.Revision, deleted.Revision], events.Select(change => change.Revision));
        Assert.Equal(["one", "two", "two"], events.Select(change => Text(change.Value)));
        Assert.Null(events[0].Previous);
        Assert.Equal("one", Text(events[1].Previous));
    }

    [Fact]
    public async Task A_watch_from_the_past_gets_what_happened_since()
    {
        await using var store = await OpenAsync(new());
        var start = store.CurrentRevision;
        for (var i = 0; i < 100; i++)
        {
            await store.CommitAsync(Operation.Create(new("pods", $"default/p{i}"), Bytes("x")), None);
        }

        using var all = store.Watch("pods", WatchScope.All, start);
        Assert.Equal(100, (await ReadAsync(all, 100)).Count);
        using var tail = store.Watch("pods", WatchScope.All, new Revision(start.Value + 98));
        Assert.Equal(["default/p98", "default/p99"], (await ReadAsync(tail, 2)).Select(change => change.Value.Name));
    }

    [Fact]
    public async Task A_waiting_watch_wakes_for_its_scope_only_and_misses_nothing()
    {
        await using var store = await OpenAsync(new());
        using var ofKey = store.Watch("pods", WatchScope.Key("b/1"), store.CurrentRevision);
        using var ofNamespace = store.Watch("pods", WatchScope.Namespace("b"), store.CurrentRevision);
        var keyRead = ofKey.ReadAsync(None).AsTask();
        var namespaceRead = ofNamespace.ReadAsync(None).AsTask();

        await store.CommitAsync(Operation.Create(new("pods", "a/1"), Bytes("x")), None);
        await store.CommitAsync(Operation.Create(new("pods", "ba/1"), Bytes("x")), None);
        Assert.False(keyRead.IsCompleted);
        Assert.False(namespaceRead.IsCompleted);
        Assert.Equal(store.CurrentRevision, ofKey.Progress);

        await store.CommitAsync(Operation.Create(new("pods", "b/2"), Bytes("x")), None);
        Assert.Equal("b/2", (await namespaceRead.Within("the namespace's event")).Events.Span[0].Value.Name);
        Assert.False(keyRead.IsCompleted);

        await store.CommitAsync(Operation.Create(new("pods", "b/1"), Bytes("x")), None);
        Assert.Equal("b/1", (await keyRead.Within("the key's event")).Events.Span[0].Value.Name);
        Assert.Equal(["b/1"], (await ReadAsync(ofNamespace, 1)).Select(change => change.Value.Name));
    }

    [Fact]
    public async Task A_watch_from_the_future_starts_there()
    {
        await using var store = await OpenAsync(new());
        using var watch = store.Watch("pods", WatchScope.All, new Revision(store.CurrentRevision.Value + 2));
        var read = watch.ReadAsync(None).AsTask();
        for (var i = 0; i < 3; i++)
        {
            await store.CommitAsync(Operation.Create(new("pods", $"default/p{i}"), Bytes("x")), None);
        }

        Assert.Equal("default/p2", (await read.Within("the first event")).Events.Span[0].Value.Name);
    }

    [Fact]
    public async Task A_cancelled_read_loses_nothing()
    {
        await using var store = await OpenAsync(new());
        using var watch = store.Watch("pods", WatchScope.All, store.CurrentRevision);
        using var cancellation = new CancellationTokenSource();
        var read = watch.ReadAsync(cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.Within("the cancellation"));

        await store.CommitAsync(Operation.Create(Web, Bytes("one")), None);

        Assert.Equal("default/web", (await ReadAsync(watch, 1))[0].Value.Name);
    }

    [Fact]
    public async Task Events_of_one_transaction_come_in_one_read()
    {
        await using var store = await OpenAsync(new() { WatchBatchMax = 2 });
        using var watch = store.Watch("pods", WatchScope.All, store.CurrentRevision);
        var done = await store.CommitAsync(
            new Transaction([.. Enumerable.Range(0, 5).Select(i => Operation.Create(new("pods", $"default/p{i}"), Bytes("x")))]), None);

        var batch = await watch.ReadAsync(None).AsTask().Within("the events");

        Assert.Equal(5, batch.Events.Length);
        Assert.Equal(done.Revision, watch.Progress);
    }

    [Fact]
    public async Task Progress_beside_a_read_never_goes_before_events_that_are_on_their_way()
    {
        await using var store = await OpenAsync(new());
        using var watch = store.Watch("pods", WatchScope.All, store.CurrentRevision);
        var read = watch.ReadAsync(None);
        Assert.Equal(store.CurrentRevision, watch.IdleProgress);

        await store.CommitAsync(Operation.Create(Web, Bytes("one")), None);
        Assert.Null(watch.IdleProgress);
        Assert.Single((await read).Events.ToArray());
    }

    [Fact]
    public async Task A_watcher_that_falls_behind_is_cut_off_and_holds_nobody_back()
    {
        await using var store = await OpenAsync(new() { WindowEventsMax = 10 });
        using var slow = store.Watch("leases", WatchScope.All, store.CurrentRevision);
        using var quick = store.Watch("leases", WatchScope.All, store.CurrentRevision);
        for (var i = 0; i < 50; i++)
        {
            await store.CommitAsync(Operation.Put(new("leases", "n1"), Bytes($"v{i}")), None);
            Assert.Equal($"v{i}", Text((await ReadAsync(quick, 1))[0].Value));
        }

        Assert.Equal(WatchStatus.Overflow, (await slow.ReadAsync(None)).Status);
        Assert.Equal(WatchStatus.Overflow, (await slow.ReadAsync(None)).Status);
    }

    [Fact]
    public async Task What_was_compacted_can_neither_be_watched_nor_read()
    {
        await using var store = await OpenAsync(new());
        var start = store.CurrentRevision;
        for (var i = 0; i < 5; i++)
        {
            await store.CommitAsync(Operation.Put(Web, Bytes($"v{i}")), None);
        }

        var compacted = new Revision(start.Value + 3);
        await store.CompactAsync(compacted, None);

        using var tooOld = store.Watch("pods", WatchScope.All, start);
        Assert.Equal(WatchStatus.Compacted, (await tooOld.ReadAsync(None).AsTask().Within("the verdict")).Status);
        Assert.True((await store.SnapshotAtAsync("pods", start, None)).IsCompacted);
        using var recent = store.Watch("pods", WatchScope.All, compacted);
        Assert.Equal(["v3", "v4"], (await ReadAsync(recent, 2)).Select(change => Text(change.Value)));
        Assert.Equal("v2", Text((await store.SnapshotAtAsync("pods", compacted, None)).Snapshot!.Find(Web.Name)));
    }

    [Fact]
    public async Task Disposal_ends_waiting_reads()
    {
        var store = await OpenAsync(new());
        using var watch = store.Watch("pods", WatchScope.All, store.CurrentRevision);
        var read = watch.ReadAsync(None).AsTask();

        await store.DisposeAsync();

        Assert.Equal(WatchStatus.Closed, (await read.Within("the end")).Status);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.CommitAsync(Operation.Put(Web, Bytes("x")), None).AsTask());
        await store.Completion.Within("the store's end");
    }

    [Fact]
    public async Task A_keys_history_can_be_read_back()
    {
        await using var store = await OpenAsync(new());
        var created = await store.CommitAsync(Operation.Create(Web, Bytes("one")), None);
        await store.CommitAsync(Operation.Replace(Web, created.Revision, Bytes("two")), None);
        await store.CommitAsync(Operation.Delete(Web), None);
        await store.CommitAsync(Operation.Create(Web, Bytes("three")), None);

        var history = await store.HistoryAsync(Web, None);

        Assert.Equal([ChangeKind.Created, ChangeKind.Modified, ChangeKind.Deleted, ChangeKind.Created], history.Select(entry => entry.Kind));
        Assert.Equal(["one", "two", "two", "three"], history.Select(entry => Text(entry.Value)));
        Assert.All(history.Zip(history.Skip(1)), pair => Assert.True(pair.First.Revision < pair.Second.Revision && pair.First.Time <= pair.Second.Time));
    }

    [Fact]
    public async Task Many_writers_and_watchers_agree()
    {
        await using var store = await OpenAsync(new());
        var start = store.CurrentRevision;
        const int Writers = 8, Each = 100;
        using var early = store.Watch("pods", WatchScope.All, start);
        var watching = Task.Run(() => ReadAsync(early, Writers * Each));

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < Each; i++)
            {
                var result = await store.CommitAsync(Operation.Put(new("pods", $"ns/{i % 10}"), Bytes($"{writer}-{i}")), None);
                Assert.True(result.IsCommitted);
                Assert.True(store.Snapshot("pods").Revision >= result.Revision);
            }
        })));

        var live = await watching.Within("all events");
        using var late = store.Watch("pods", WatchScope.All, start);
        var replayed = await ReadAsync(late, Writers * Each);
        Assert.Equal(live.Select(change => change.Revision), replayed.Select(change => change.Revision));
        Assert.Equal(Writers * Each, live.Select(change => change.Revision).Distinct().Count());
        Assert.Equal(store.CurrentRevision, live[^1].Revision);
        Assert.Equal(10, store.Snapshot("pods").Count);
    }

    protected static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    protected static string Text(StoredValue? value) => Encoding.UTF8.GetString(value!.Payload.Span);

    protected static async Task<List<ChangeEvent>> ReadAsync(IWatch watch, int count)
    {
        var events = new List<ChangeEvent>();
        while (events.Count < count)
        {
            var batch = await watch.ReadAsync(None).AsTask().Within($"event {events.Count + 1} of {count}");
            Assert.Equal(WatchStatus.Events, batch.Status);
            events.AddRange(batch.Events.Span);
        }

        Assert.Equal(count, events.Count);
        return events;
    }
}
