using Orchestrator.Api;
using Orchestrator.ApiServer.CustomResources.Conversion;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;
using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Lists;

/// <summary>Answers lists from snapshots: resourceVersion in all its combinations, pages, selectors.</summary>
internal sealed class Lister(IStore store, ObjectCodec codec, CustomConverter converter, TimeProvider time)
{
    /// <summary>How long a list waits for a revision that is yet to come; upstream's figure.</summary>
    private static readonly TimeSpan FutureWait = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How long a list may be continued as it began. Its state may be readable for longer, but clients count on what upstream gives them, which
    /// compacts every five minutes: a conformance test waits ten for the end of a list.
    /// </summary>
    private static readonly TimeSpan ContinueTime = TimeSpan.FromMinutes(5);

    public async ValueTask<ListPage> ListAsync(ServedResource resource, string ns, ListOptions options, CancellationToken cancellationToken)
    {
        var start = "";
        var prefix = resource.Info.Namespaced && ns.Length > 0 ? ns + "/" : null;
        var limit = options.Limit > 0 ? options.Limit : 0;
        var since = time.GetUtcNow().ToUnixTimeSeconds();
        CollectionSnapshot snapshot;
        if (options.Continue.Length > 0)
        {
            var token = ContinueToken.Parse(options.Continue);
            if (options.ResourceVersion.Length > 0 && options.ResourceVersion != "0")
            {
                throw Errors.BadRequest("specifying resource version is not allowed when using continue");
            }

            if (options.ResourceVersion == "0")
            {
                limit = 0;
            }

            start = (prefix ?? "") + token.Start;
            if (token.Revision < 0)
            {
                // As it is now: what an expired list is offered.
                snapshot = store.Snapshot(resource.Collection);
            }
            else
            {
                await WaitAsync(token.Revision, cancellationToken);
                var isOver = token.Since > 0 && since - token.Since >= (long)ContinueTime.TotalSeconds;
                snapshot = (isOver ? null : (await store.SnapshotAtAsync(resource.Collection, new Revision(token.Revision), cancellationToken)).Snapshot)
                    ?? throw ContinueExpired(new ContinueToken(ContinueToken.Inconsistent, token.Start, Since: 0));
                since = token.Since;
            }
        }
        else
        {
            var version = ParseVersion(options.ResourceVersion);
            if (version == 0)
            {
                if (options.ResourceVersion == "0" && options.ResourceVersionMatch != "Exact")
                {
                    limit = 0;
                }

                if (options.ResourceVersion.Length == 0)
                {
                    await store.SyncAsync(cancellationToken);
                }

                snapshot = store.Snapshot(resource.Collection);
            }
            else
            {
                await WaitAsync(version, cancellationToken);
                var exact = options.ResourceVersionMatch == "Exact" || (options.ResourceVersionMatch.Length == 0 && limit > 0);
                snapshot = !exact
                    ? store.Snapshot(resource.Collection)
                    : (await store.SnapshotAtAsync(resource.Collection, new Revision(version), cancellationToken)).Snapshot
                        ?? throw Errors.Expired("The provided resource version is too old: too old resource version: " + version);
            }
        }

        return Page(resource, options, snapshot, prefix, start, limit, since);
    }

    /// <summary>Parses a resourceVersion; "" is 0.</summary>
    /// <exception cref="ApiException">400: not a number.</exception>
    public static long ParseVersion(string text)
    {
        if (text.Length == 0)
        {
            return 0;
        }

        if (ulong.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var version) && version <= long.MaxValue)
        {
            return (long)version;
        }

        throw Errors.BadRequest($"invalid resource version: resourceVersion: Invalid value: {Api.Json.GoText.Quote(text)}: strconv.ParseUint: parsing {Api.Json.GoText.Quote(text)}: invalid syntax");
    }

    public async ValueTask WaitAsync(long version, CancellationToken cancellationToken)
    {
        if (version <= store.CurrentRevision.Value)
        {
            return;
        }

        using var limit = new CancellationTokenSource(FutureWait, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await store.WaitForRevisionAsync(new Revision(version), both.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw TooLarge(version, store.CurrentRevision.Value);
        }
    }

    public bool Matches(ServedResource resource, ListOptions options, StoredValue value)
    {
        if (options.Labels.IsEverything && options.Fields.IsEverything)
        {
            return true;
        }

        var obj = codec.Stored(value);
        if (!options.Labels.Matches(obj.Metadata.Labels))
        {
            return false;
        }

        // Custom resources are selected by the fields of the version that is asked for.
        return options.Fields.IsEverything || options.Fields.Matches(resource.IsCustom ? converter.ToServed(resource, codec.Read(value)) : obj, resource.SelectableFields);
    }

    private ListPage Page(ServedResource resource, ListOptions options, CollectionSnapshot snapshot, string? prefix, string start, long limit, long since)
    {
        var revision = snapshot.Revision > Revision.None ? snapshot.Revision : store.CurrentRevision;
        var unfiltered = options.Labels.IsEverything && options.Fields.IsEverything;
        if (options.Fields.ExactName is { } name && start.Length == 0 && (prefix is not null || !resource.Info.Namespaced))
        {
            var one = snapshot.Find(prefix + name);
            return new(one is not null && Matches(resource, options, one) ? [one] : [], revision, "", null);
        }

        var range = snapshot.Range(prefix, start);
        var items = new List<StoredValue>(limit > 0 ? (int)Math.Min(limit, 1024) : unfiltered ? range.Count : 16);
        var token = "";
        long? remaining = null;
        foreach (var value in range)
        {
            // Whether what follows matches is for the next page to find out.
            if (limit > 0 && items.Count == limit)
            {
                var next = items[^1].Name[(prefix?.Length ?? 0)..] + "\0";
                token = new ContinueToken(revision.Value, next, since).ToString();
                if (unfiltered)
                {
                    remaining = snapshot.Range(prefix, items[^1].Name + "\0").Count;
                }

                break;
            }

            if (unfiltered || Matches(resource, options, value))
            {
                items.Add(value);
            }
        }

        return new(items, revision, token, remaining);
    }

    private static ApiException ContinueExpired(ContinueToken next)
    {
        var expired = Errors.Expired("The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.");
        return new ApiException(expired.Status with { Metadata = new Api.Meta.V1.ListMeta { Continue = next.ToString() } });
    }

    private static ApiException TooLarge(long version, long current)
    {
        var error = Errors.Make(
            504,
            "Timeout",
            $"Timeout: Too large resource version: {version}, current: {current}",
            new Api.Meta.V1.StatusDetails
            {
                RetryAfterSeconds = 1,
                Causes = [new Api.Meta.V1.StatusCause { Reason = "ResourceVersionTooLarge", Message = "Too large resource version" }],
            });
        return error;
    }
}
