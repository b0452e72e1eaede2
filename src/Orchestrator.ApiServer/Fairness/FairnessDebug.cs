using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Orchestrator.ApiServer.Http;

namespace Orchestrator.ApiServer.Fairness;

/// <summary>/debug/api_priority_and_fairness/dump_…: the levels, their queues, and who waits, as comma-separated columns.</summary>
internal sealed class FairnessDebug(FlowConfiguration configuration, TimeProvider time)
{
    public ValueTask LevelsAsync(HttpContext context) => WriteAsync(
        context,
        ["PriorityLevelName", "ActiveQueues", "IsIdle", "IsQuiescing", "WaitingRequests", "ExecutingRequests", "DispatchedRequests", "RejectedRequests", "TimedoutRequests", "CancelledRequests"],
        Reports().Select(static r => (string[])
        [
            r.Name, Text(r.ActiveQueues), r.IsIdle ? "true" : "false", "false", Text(r.Waiting), Text(r.Executing), Text(r.Dispatched), Text(r.Rejected), Text(r.TimedOut), Text(r.Cancelled),
        ]));

    public ValueTask QueuesAsync(HttpContext context) => WriteAsync(
        context,
        ["PriorityLevelName", "Index", "PendingRequests", "ExecutingRequests", "SeatsInUse", "NextDispatchR", "InitialSeatsSum", "MaxSeatsSum", "TotalWorkSum"],
        Reports().SelectMany(static r => r.Queues.Select(q => (string[])
        [
            r.Name, Text(q.Index), Text(q.Pending), Text(q.Executing), Text(q.SeatsInUse), q.Served.ToString("F8", CultureInfo.InvariantCulture) + "ss", Text(q.SeatsWaiting), Text(q.SeatsWaiting), "0.00000000ss",
        ])));

    public ValueTask RequestsAsync(HttpContext context) => WriteAsync(
        context,
        ["PriorityLevelName", "FlowSchemaName", "QueueIndex", "RequestIndexInQueue", "FlowDistingsher", "ArriveTime", "InitialSeats", "FinalSeats", "AdditionalLatency"],
        Reports().SelectMany(r => r.Queues.SelectMany(q => q.Waiters.Select((w, i) => (string[])
        [
            r.Name, w.Schema.Name, Text(q.Index), Text(i), w.Flow, Arrived(w), Text(w.Seats), "0", "0s",
        ]))));

    private IEnumerable<PriorityLevelReport> Reports() => configuration.Levels.Select(static l => l.Report());

    private string Arrived(Waiter waiter) =>
        (time.GetUtcNow() - time.GetElapsedTime(waiter.ArrivedAt)).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", CultureInfo.InvariantCulture);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static ValueTask WriteAsync(HttpContext context, string[] columns, IEnumerable<string[]> rows)
    {
        var all = rows.Prepend(columns).ToArray();
        var widths = Enumerable.Range(0, columns.Length).Select(i => all.Max(r => r[i].Length) + 2).ToArray();
        var text = new StringBuilder();
        foreach (var row in all)
        {
            for (var i = 0; i < row.Length; i++)
            {
                var cell = i < row.Length - 1 ? row[i] + "," : row[i];
                text.Append(i < row.Length - 1 ? cell.PadRight(widths[i]) : cell);
            }

            text.Append('\n');
        }

        return Responses.WriteTextAsync(context, 200, text.ToString(), context.RequestAborted);
    }
}
