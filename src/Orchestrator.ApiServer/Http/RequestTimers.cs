using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Http;

/// <summary>Gives requests the time that they have, and takes the timers back.</summary>
/// <param name="limit">What a request has that asks for no less.</param>
/// <param name="time">The clock.</param>
internal sealed class RequestTimers(TimeSpan limit, TimeProvider time)
{
    /// <summary>Upstream's handlers give up a write before their caller does.</summary>
    public static readonly TimeSpan WriteLimit = TimeSpan.FromSeconds(34);

    private readonly ConcurrentBag<RequestTimer> _idle = [];

    /// <summary>Starts the clock of a request; null for those that last as long as the client wants.</summary>
    /// <exception cref="ApiException">400: its <c>timeout</c> is no duration.</exception>
    public RequestTimer? Start(HttpContext context, RequestInfo info)
    {
        if (info.IsLongRunning)
        {
            return null;
        }

        var wanted = Wanted(context);
        var timer = _idle.TryTake(out var idle) ? idle : new RequestTimer(time);
        timer.Start(context, IsWrite(info) && wanted > WriteLimit ? WriteLimit : wanted);
        return timer;
    }

    /// <summary>The request is over.</summary>
    public void Stop(RequestTimer timer)
    {
        if (timer.Stop())
        {
            _idle.Add(timer);
        }
        else
        {
            timer.Dispose();
        }
    }

    /// <summary>Whether a request whose time is up was one that its handler gives up, and not whoever called the handler.</summary>
    public bool IsGivenUpByHandler(HttpContext context, RequestInfo info) =>
        IsWrite(info) && Wanted(context) > WriteLimit;

    private TimeSpan Wanted(HttpContext context) => RequestDeadline.Of(context.Request) is { } asked && asked < limit ? asked : limit;

    private static bool IsWrite(RequestInfo info) => info.IsResource && (info.Verb is "create" or "update" or "patch" or "delete" or "deletecollection");
}
