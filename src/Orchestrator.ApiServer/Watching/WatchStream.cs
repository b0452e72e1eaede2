using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Protobuf;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Lists;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Metrics;
using Orchestrator.ApiServer.Printing;
using Orchestrator.ApiServer.Registry;
using Orchestrator.Storage;
using ListOptions = Orchestrator.ApiServer.Lists.ListOptions;

namespace Orchestrator.ApiServer.Watching;

/// <summary>Serves one watch over HTTP: the present state if asked for, then every change, until the client or the time limit ends it.</summary>
internal sealed class WatchStream(
    HttpContext context, ServedResource resource, string ns, ListOptions options, ResponseFormat format, WatchServices services)
{
    private static readonly TimeSpan BookmarkPeriod = TimeSpan.FromMinutes(1);

    /// <summary>The last bookmark comes this long before the time limit, so that the client goes on from where the server is.</summary>
    private static readonly TimeSpan BookmarkBeforeEnd = TimeSpan.FromSeconds(2);

    /// <summary>Bookmarks that would follow each other closer than this are one.</summary>
    private static readonly TimeSpan BookmarkGap = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan TimeoutMin = TimeSpan.FromMinutes(30);

    /// <summary>
    /// How long a busy watcher gathers events before it writes them in one flush. A flush costs a TLS record and a system call whatever it
    /// carries, so with hundreds of watchers this is what throughput hangs on; latency stays well below the 20 ms of the budget.
    /// </summary>
    private static readonly TimeSpan GatherTime = TimeSpan.FromMilliseconds(6);

    private readonly PipeWriter _output = context.Response.BodyWriter;
    private readonly bool _unfiltered = options.Labels.IsEverything && options.Fields.IsEverything;
    private readonly Counter? _sent = services.Instruments?.WatchEvents(resource);
    private readonly long _began = services.Time.GetTimestamp();
    private bool _tableHeaderSent;
    private TimeSpan _lasts;
    private long _bookmarkedAt;
    private TimeSpan? _untilBookmark;

    public async ValueTask RunAsync(CancellationToken cancellationToken)
    {
        _lasts = Timeout();
        using var limit = new CancellationTokenSource(_lasts, services.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, services.Stopping, cancellationToken);
        try
        {
            await StreamAsync(both.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested || services.Stopping.IsCancellationRequested)
        {
            // The normal end: the client watches again from where it is.
        }
        catch (ApiException) when (context.Response.HasStarted)
        {
            // Events that cannot be shown in the form asked for end the stream.
        }
    }

    private async ValueTask StreamAsync(CancellationToken cancellationToken)
    {
        var version = Lister.ParseVersion(options.ResourceVersion);
        var store = services.Store;
        var initial = options.SendInitialEvents ?? version == 0;
        CollectionSnapshot? snapshot = null;
        Revision after;
        if (initial)
        {
            await services.Lister.WaitAsync(version, cancellationToken);
            snapshot = store.Snapshot(resource.Collection);
            after = snapshot.Revision;
        }
        else
        {
            after = version == 0 ? store.CurrentRevision : new Revision(version);
        }

        using var watch = store.Watch(resource.Collection, Scope(), after);
        Responses.Begin(context, 200, format.StreamContentType);
        if (snapshot is not null)
        {
            var prefix = resource.Info.Namespaced && ns.Length > 0 ? ns + "/" : null;
            foreach (var value in snapshot.Range(prefix))
            {
                if (services.Lister.Matches(resource, options, value))
                {
                    await WriteAsync("ADDED", value, value.ModRevision, null, cancellationToken);
                    await Responses.FlushIfFullAsync(_output, cancellationToken);
                }
            }

            if (options.SendInitialEvents == true && options.AllowBookmarks)
            {
                var at = snapshot.Revision > Revision.None ? snapshot.Revision : store.CurrentRevision;
                WriteBookmark(at, endsInitialEvents: true);
            }
        }

        await _output.FlushAsync(cancellationToken);
        await FollowAsync(watch, cancellationToken);
    }

    private async ValueTask FollowAsync(IWatch watch, CancellationToken cancellationToken)
    {
        ScheduleBookmark();
        var gone = services.Gone?.Invoke(resource) ?? CancellationToken.None;
        using var either = gone.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, gone) : null;
        var reading = either?.Token ?? cancellationToken;
        while (true)
        {
            var read = watch.ReadAsync(gone.IsCancellationRequested ? cancellationToken : reading);
            if (gone.IsCancellationRequested && !read.IsCompleted)
            {
                // The resource is served no more, and all that happened to it has been told.
                return;
            }

            if (!read.IsCompleted && options.AllowBookmarks)
            {
                read = new(WithBookmarksAsync(read.AsTask(), watch, reading));
            }

            WatchBatch batch;
            try
            {
                batch = await read;
            }
            catch (OperationCanceledException) when (gone.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                // Once more, for the events of its end.
                continue;
            }

            if (batch.Status != WatchStatus.Events)
            {
                if (batch.Status != WatchStatus.Closed)
                {
                    WriteError(Errors.Expired($"too old resource version: {options.ResourceVersion} ({services.Store.CurrentRevision})").Status);
                    await _output.FlushAsync(cancellationToken);
                }

                return;
            }

            await WriteAsync(batch.Events, cancellationToken);
            if (options.AllowBookmarks && _untilBookmark is { } period && services.Time.GetElapsedTime(_bookmarkedAt) > period)
            {
                WriteBookmark(watch.Progress, endsInitialEvents: false);
                ScheduleBookmark();
            }

            // The first event goes out at once; what comes right after it goes out together. The wait is after the flush, never before:
            // Kestrel's HTTP/2 frame writer spins on a stream that holds bytes which are written and not flushed.
            var isBehind = _output.UnflushedBytes > Responses.FlushThreshold;
            await _output.FlushAsync(cancellationToken);
            if (!isBehind)
            {
                await Task.Delay(GatherTime, services.Time, cancellationToken);
            }
        }
    }

    /// <summary>Waits for events, telling now and then how far the watch has come.</summary>
    private async Task<WatchBatch> WithBookmarksAsync(Task<WatchBatch> pending, IWatch watch, CancellationToken cancellationToken)
    {
        while (_untilBookmark is { } period)
        {
            var left = period - services.Time.GetElapsedTime(_bookmarkedAt);
            try
            {
                return await pending.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, services.Time, CancellationToken.None);
            }
            catch (TimeoutException)
            {
                if (watch.IdleProgress is not { } progress)
                {
                    // Events are on their way; the bookmark is due after them.
                    break;
                }

                WriteBookmark(progress, endsInitialEvents: false);
                ScheduleBookmark();
            }

            try
            {
                await _output.FlushAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // The read is cancelled by the same token, and its word counts.
            }
        }

        // Never left behind: the watch may be read once more after a cancellation, and bears one reader at a time.
        return await pending;
    }

    /// <summary>Every minute, and shortly before the end.</summary>
    private void ScheduleBookmark()
    {
        _bookmarkedAt = services.Time.GetTimestamp();
        var left = _lasts - BookmarkBeforeEnd - services.Time.GetElapsedTime(_began);
        _untilBookmark = left < BookmarkGap ? null : left < BookmarkPeriod ? left : BookmarkPeriod;
    }

    private WatchScope Scope()
    {
        if (options.Fields.ExactName is { } name && (ns.Length > 0 || !resource.Info.Namespaced))
        {
            return WatchScope.Key(resource.KeyOf(ns, name));
        }

        return resource.Info.Namespaced && ns.Length > 0 ? WatchScope.Namespace(ns) : WatchScope.All;
    }

    private TimeSpan Timeout()
    {
        if (options.TimeoutSeconds is > 0 and { } seconds)
        {
            return TimeSpan.FromSeconds(Math.Min(seconds, int.MaxValue / 1000));
        }

        // Between half an hour and an hour, so that clients which came together do not come back together.
        return TimeoutMin * (1 + services.NextFraction());
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<ChangeEvent> events, CancellationToken cancellationToken)
    {
        var left = 0;
        for (var i = 0; i < events.Length; i++)
        {
            var change = events.Span[i];
            if (_unfiltered)
            {
                if (format is { Encoding: Encoding.Json, Transformation: Transformation.None } && resource.ServesStoredForm)
                {
                    _output.Write(EventFrames.Natural(change));
                    continue;
                }

                var natural = change.Kind switch { ChangeKind.Created => "ADDED", ChangeKind.Modified => "MODIFIED", _ => "DELETED" };
                await WriteAsync(natural, change.Value, change.Revision, null, cancellationToken);
                continue;
            }

            var matched = change.Kind != ChangeKind.Created && services.Lister.Matches(resource, options, change.Kind == ChangeKind.Deleted ? change.Value : change.Previous!);
            var matches = change.Kind != ChangeKind.Deleted && services.Lister.Matches(resource, options, change.Value);
            switch (matched, matches)
            {
                case (false, true):
                    await WriteAsync("ADDED", change.Value, change.Revision, change.Kind == ChangeKind.Created ? change : null, cancellationToken);
                    break;
                case (true, true):
                    await WriteAsync("MODIFIED", change.Value, change.Revision, change, cancellationToken);
                    break;
                case (true, false):
                    // Leaving the selection shows the object as it was while it still matched.
                    var last = change.Kind == ChangeKind.Deleted ? change.Value : change.Previous!;
                    await WriteAsync("DELETED", last, change.Revision, change.Kind == ChangeKind.Deleted ? change : null, cancellationToken);
                    break;
                default:
                    left++;
                    break;
            }
        }

        _sent?.Add(events.Length - left);
    }

    private async ValueTask WriteAsync(string type, StoredValue value, Revision revision, ChangeEvent? shared, CancellationToken cancellationToken)
    {
        if (format is { Encoding: Encoding.Json, Transformation: Transformation.None } && resource.ServesStoredForm)
        {
            _output.Write(shared is not null
                ? EventFrames.Natural(shared)
                : EventFrames.Frame(type, ObjectCodec.Json(value), ObjectCodec.Hole(value), revision.Value));
            return;
        }

        var obj = services.Codec.Read(value);
        if (revision != value.ModRevision)
        {
            obj = obj with { Metadata = obj.Metadata with { ResourceVersion = revision.ToString() } };
        }

        obj = await services.Converter.ToServedAsync(resource, obj, cancellationToken);
        WriteObject(type, services.Transformer.Transform(context.Request, resource, obj, format, includeColumns: !_tableHeaderSent));
        _tableHeaderSent = true;
    }

    private void WriteBookmark(Revision revision, bool endsInitialEvents)
    {
        var obj = EventFrames.Bookmark(resource, revision, endsInitialEvents);
        WriteObject("BOOKMARK", services.Transformer.TransformBookmark(resource, obj, format, includeColumns: !_tableHeaderSent && !QueryFlags.IsTrue(context.Request.Query["noHeaders"])));
        _tableHeaderSent = true;
    }

    private void WriteError(Status status) => WriteObject("ERROR", status);

    private void WriteObject(string type, ApiStruct obj)
    {
        switch (format.Encoding)
        {
            case Encoding.Protobuf:
                _output.Write(ApiProtobuf.WriteWatchFrame(type, obj));
                break;
            default:
                _output.Write(EventFrames.Frame(type, obj));
                break;
        }
    }
}
