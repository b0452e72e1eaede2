using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Orchestrator.ApiServer.Metrics;

namespace Orchestrator.ApiServer.Http;

/// <summary>Follows requests from outside of the pipeline: metrics, and a line in the log for those that took long.</summary>
internal sealed partial class RequestTracker(RequestInstruments instruments, TimeProvider time, ILogger<RequestTracker> logger)
{
    /// <summary>Upstream traces requests beyond half a second.</summary>
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(500);

    public RequestTrack Begin() => new(time.GetTimestamp());

    /// <summary>The path was understood.</summary>
    public void Resolved(HttpContext context, RequestTrack track, RequestInfo info)
    {
        track.Info = info;
        track.CountedIn = info.IsLongRunning ? instruments.Of(info, context.Request.Method, apply: false, dryRun: false)?.Open : instruments.Inflight(info);
        track.CountedIn?.Add(1);
    }

    /// <summary>The answer is out, or the client gone.</summary>
    public void End(HttpContext context, RequestTrack track)
    {
        track.CountedIn?.Add(-1);
        if (track.Info is not { } info)
        {
            return;
        }

        var elapsed = time.GetElapsedTime(track.StartedAt);
        var request = context.Request;
        var apply = info.Verb == "patch" && request.ContentType?.StartsWith("application/apply-patch", StringComparison.Ordinal) == true;
        var dryRun = info.Verb is not ("get" or "list" or "watch") && request.QueryString.HasValue && request.Query.ContainsKey("dryRun");
        var code = context.Response.StatusCode;
        instruments.Of(info, request.Method, apply, dryRun)?.Answered(code, elapsed, track.Waited, context.Response.ContentLength ?? -1);
        if (code == StatusCodes.Status429TooManyRequests)
        {
            instruments.Terminated(info, code);
        }

        if (elapsed - track.Waited > Slow && !info.IsLongRunning)
        {
            LogSlow(info.Verb, info.Path, track.AuditId, track.User?.Name ?? "", request.Headers.UserAgent.ToString(), code, elapsed, track.Waited);
        }
        else
        {
            LogAnswered(info.Verb, info.Path, track.AuditId, track.User?.Name ?? "", code, elapsed);
        }
    }

    [LoggerMessage(2010, LogLevel.Information, "Slow request {RequestId}: {Verb} {Path} by {User} ({UserAgent}) answered {Code} after {Elapsed}, of which {Waited} in the queue")]
    private partial void LogSlow(string verb, string path, string requestId, string user, string userAgent, int code, TimeSpan elapsed, TimeSpan waited);

    [LoggerMessage(2011, LogLevel.Debug, "Request {RequestId}: {Verb} {Path} by {User} answered {Code} after {Elapsed}")]
    private partial void LogAnswered(string verb, string path, string requestId, string user, int code, TimeSpan elapsed);
}
