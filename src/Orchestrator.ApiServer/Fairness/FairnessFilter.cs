using Microsoft.AspNetCore.Http;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Identity;
using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Fairness;

/// <summary>
/// Priority and fairness in front of the pipeline: finds a request's flow, and lets it in when its priority level has seats for it. A request that
/// goes straight in costs a look at the schemas and one lock, and allocates nothing.
/// </summary>
internal sealed class FairnessFilter(FlowConfiguration configuration, IStore store, TimeProvider time)
{
    /// <summary>Upstream's limits: a quarter of the request timeout of a minute in the queue.</summary>
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(15);

    private const int ObjectsPerSeat = 100;
    private const int SeatsMax = 10;

    public FlowConfiguration Configuration => configuration;

    /// <summary>Waits for seats. The answer's headers tell where the request was sorted in, whatever becomes of it.</summary>
    /// <returns>False if the request was turned away and answered.</returns>
    public ValueTask<bool> EnterAsync(HttpContext context, RequestTrack track, RequestInfo info, UserInfo user)
    {
        if (info.IsLongRunning && info.Verb != "watch")
        {
            // Connections to pods last; seats are for work that ends.
            return new(true);
        }

        var schema = Classify(info, user);
        var headers = context.Response.Headers;
        headers["X-Kubernetes-Pf-Flowschema-Uid"] = schema.Uid;
        headers["X-Kubernetes-Pf-Prioritylevel-Uid"] = schema.Level.Uid;
        var seats = schema.Level.IsExempt ? 1 : SeatsOf(context, info, schema.Level);
        if (!schema.Level.TryEnter(seats))
        {
            return QueueAsync(context, track, info, user, schema, seats);
        }

        Seated(context, track, info, new Seat(schema, seats, null, time.GetTimestamp()));
        return new(true);
    }

    /// <summary>The request is done with; does nothing if it holds no seat.</summary>
    public void Leave(RequestTrack track)
    {
        Seat seat;
        lock (track)
        {
            seat = track.Seat;
            track.Seat = default;
        }

        if (seat.Schema is { } schema)
        {
            var held = time.GetElapsedTime(seat.TakenAt);
            schema.Level.Leave(seat.Count, seat.Queue, held);
            schema.Series.Executing.Add(-1);
            schema.Series.Seats.Add(-seat.Count);
            schema.Series.Runs.Observe(held);
        }
    }

    /// <summary>The first schema that takes the request.</summary>
    public FlowSchemaRules Classify(RequestInfo info, UserInfo user)
    {
        var schemas = configuration.InForce;
        foreach (var schema in schemas)
        {
            if (schema.Matches(user, info))
            {
                return schema;
            }
        }

        // catch-all takes everybody who is authenticated or not, so this is for a user in neither group.
        return schemas[^1];
    }

    private async ValueTask<bool> QueueAsync(HttpContext context, RequestTrack track, RequestInfo info, UserInfo user, FlowSchemaRules schema, int seats)
    {
        var waiter = schema.Level.TryQueue(schema, schema.FlowOf(user, info), seats, out var queue, out var reason);
        if (waiter is null)
        {
            await RejectAsync(context, schema, reason);
            return false;
        }

        schema.Series.Queued.Add(1);
        try
        {
            if (!waiter.Decision.IsCompleted)
            {
                using var limit = new CancellationTokenSource(WaitMax, time);
                using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, context.RequestAborted);
                try
                {
                    await waiter.Decision.WaitAsync(both.Token);
                }
                catch (OperationCanceledException) when (schema.Level.TryLeave(waiter, queue!, limit.IsCancellationRequested))
                {
                    context.RequestAborted.ThrowIfCancellationRequested();
                    await RejectAsync(context, schema, "time-out");
                    return false;
                }
                catch (OperationCanceledException)
                {
                    // It was let go at that moment: it holds its seats.
                }
            }
        }
        finally
        {
            schema.Series.Queued.Add(-1);
            track.Waited = time.GetElapsedTime(waiter.ArrivedAt);
            schema.Series.Waits.Observe(track.Waited);
        }

        Seated(context, track, info, new Seat(schema, seats, queue, time.GetTimestamp()));
        return true;
    }

    private void Seated(HttpContext context, RequestTrack track, RequestInfo info, Seat seat)
    {
        track.Seat = seat;
        seat.Schema!.Series.Dispatched.Increment();
        seat.Schema.Series.Executing.Add(1);
        seat.Schema.Series.Seats.Add(seat.Count);
        if (info.Verb == "watch")
        {
            // A watch is work until it begins to answer; from then on it costs by the event, not by the seat.
            context.Response.OnStarting(
                static state =>
                {
                    var (filter, track) = ((FairnessFilter, RequestTrack))state;
                    filter.Leave(track);
                    return Task.CompletedTask;
                },
                (this, track));
        }
    }

    private static async ValueTask RejectAsync(HttpContext context, FlowSchemaRules schema, string reason)
    {
        schema.Series.Rejected(reason).Increment();
        context.Response.Headers.RetryAfter = "1";
        await Responses.WriteTextAsync(context, 429, "Too many requests, please try again later.\n", context.RequestAborted);
    }

    /// <summary>A list weighs what it may carry: a seat for each hundred objects, up to ten, and never more than a part of its level's.</summary>
    private int SeatsOf(HttpContext context, RequestInfo info, PriorityLevel level)
    {
        if (info.Verb != "list" || !info.IsResource)
        {
            return 1;
        }

        var collection = info.Group.Length == 0 ? info.Resource : info.Group + "/" + info.Resource;
        long count = store.Snapshot(collection).Count;
        if (count <= ObjectsPerSeat)
        {
            return 1;
        }

        if (context.Request.QueryString.HasValue && long.TryParse(QueryFlags.Text(context.Request.Query["limit"]), out var limit) && limit > 0)
        {
            count = Math.Min(count, limit);
        }

        var most = Math.Clamp((int)(level.Limits.Nominal * 0.15), 1, SeatsMax);
        return (int)Math.Clamp((count + ObjectsPerSeat - 1) / ObjectsPerSeat, 1, most);
    }
}
