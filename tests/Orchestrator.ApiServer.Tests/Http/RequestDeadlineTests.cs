using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Http;

public sealed class RequestDeadlineTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Client_may_say_how_long_it_waits()
    {
        await using var server = await LiveServer.StartAsync(Cancel);

        // A revision that does not come is waited for, but not by this client.
        var late = await server.SendAsync(HttpMethod.Get, "/api/v1/configmaps?resourceVersion=99999999&timeout=1ms", null, Cancel);
        Assert.Equal(504, (int)late.StatusCode);
        Assert.Equal(
            """{"metadata":{},"status":"Failure","message":"Timeout: request did not complete within the allotted timeout","reason":"Timeout","details":{},"code":504}""" + "\n",
            await late.Content.ReadAsStringAsync(Cancel));

        var bad = await server.SendAsync(HttpMethod.Get, "/api/v1/configmaps?timeout=5", null, Cancel);
        Assert.Equal(400, (int)bad.StatusCode);
        Assert.Contains("invalid timeout specified in the request URL - time: missing unit in duration \\\"5\\\"", await bad.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);

        foreach (var timeout in (string[])["0s", "-1s", "32s", "2h"])
        {
            Assert.Equal(200, (int)(await server.SendAsync(HttpMethod.Get, "/api/v1/configmaps?timeout=" + timeout, null, Cancel)).StatusCode);
        }
    }

    [Theory]
    [InlineData("GET", "/api/v1/pods", "", 60, false)]
    [InlineData("GET", "/api/v1/pods", "?timeout=5s", 5, false)]
    [InlineData("GET", "/api/v1/pods", "?timeout=2h", 60, false)]
    [InlineData("POST", "/api/v1/namespaces/a/pods", "", 34, true)]
    [InlineData("POST", "/api/v1/namespaces/a/pods", "?timeout=5s", 5, false)]
    public void Every_request_has_its_time(string method, string path, string query, int seconds, bool byHandler)
    {
        var clock = new AlarmClock();
        var timers = new RequestTimers(TimeSpan.FromMinutes(1), clock);
        var (context, info) = Request(method, path, query);
        var timer = timers.Start(context, info)!;
        clock.Advance(TimeSpan.FromSeconds(seconds - 1));
        Assert.False(timer.IsOver);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(timer.IsOver);
        Assert.Equal(byHandler, timers.IsGivenUpByHandler(context, info));
        timers.Stop(timer);
        Assert.False(context.RequestAborted.IsCancellationRequested);
    }

    [Fact]
    public void A_watch_lasts_as_long_as_its_client_wants_and_a_timer_times_many_requests()
    {
        var clock = new AlarmClock();
        var timers = new RequestTimers(TimeSpan.FromMinutes(1), clock);
        var (watch, watchInfo) = Request("GET", "/api/v1/pods", "?watch=1");
        Assert.Null(timers.Start(watch, watchInfo));

        var (first, info) = Request("GET", "/api/v1/pods", "");
        var timer = timers.Start(first, info)!;
        clock.Advance(TimeSpan.FromSeconds(50));
        timers.Stop(timer);
        var (second, _) = Request("GET", "/api/v1/pods", "");
        Assert.Same(timer, timers.Start(second, info));
        clock.Advance(TimeSpan.FromSeconds(50));
        Assert.False(timer.IsOver);
        using var gone = new CancellationTokenSource();
        timers.Stop(timer);
        second.RequestAborted = gone.Token;
        Assert.Same(timer, timers.Start(second, info));
        gone.Cancel();
        Assert.True(second.RequestAborted.IsCancellationRequested);
        Assert.False(timer.IsOver);
        timers.Stop(timer);
    }

    private static (HttpContext Context, RequestInfo Info) Request(string method, string path, string query)
    {
        var context = new DefaultHttpContext();
        (context.Request.Method, context.Request.Path, context.Request.QueryString) = (method, path, new QueryString(query));
        context.Features.Get<IHttpRequestFeature>()!.RawTarget = path + query;
        return (context, RequestInfo.Parse(context.Request));
    }

    /// <summary>A clock that moves by hand and has one timer.</summary>
    private sealed class AlarmClock : TimeProvider
    {
        private Alarm? _alarm;
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => _alarm = new Alarm(this, () => callback(state));

        public void Advance(TimeSpan span)
        {
            _now += span.Ticks;
            _alarm?.Ring();
        }

        private sealed class Alarm(AlarmClock clock, Action callback) : ITimer
        {
            private long? _due;

            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                _due = dueTime == Timeout.InfiniteTimeSpan ? null : clock._now + dueTime.Ticks;
                return true;
            }

            public void Ring()
            {
                if (_due <= clock._now)
                {
                    _due = null;
                    callback();
                }
            }

            public void Dispose() => _due = null;

            public ValueTask DisposeAsync()
            {
                Dispose();
                return default;
            }
        }
    }
}
