using Microsoft.Extensions.Logging;
using Orchestrator.Api;
using Orchestrator.Api.Events.V1;

namespace Orchestrator.Client;

/// <summary>Writes Events of events.k8s.io, as the scheduler does: repetitions become a series.</summary>
public sealed class SeriesEventRecorder(IClusterClient client, string controller, string instance, TimeProvider time, ILogger<SeriesEventRecorder> logger) : EventPump(time, logger)
{
    private const int Remembered = 4096;

    // A series that was silent for this long is over (client-go's figure).
    private static readonly TimeSpan SeriesEnd = TimeSpan.FromMinutes(6);

    // The count of a running series is written at most this often.
    private static readonly TimeSpan SeriesRefresh = TimeSpan.FromMinutes(1);

    private readonly Dictionary<(string Uid, string Name, string Related, string Action, string Reason, string Type), (EventState State, DateTimeOffset Seen)> _series = [];

    private protected override async ValueTask<ApiResult> WriteAsync(EventNews news, CancellationToken cancellationToken)
    {
        if (_series.Count >= Remembered)
        {
            _series.Clear();
        }

        var key = (news.Regarding.Uid, news.Namespace + "/" + news.Regarding.Name, news.Related?.Uid ?? "", news.Action, news.Reason, news.Type);
        if (_series.TryGetValue(key, out var known) && known.State.Name.Length > 0 && news.At - known.Seen < SeriesEnd)
        {
            var state = known.State;
            state.Count++;
            _series[key] = (state, news.At);
            if (state.Count > 2 && news.At - state.Written < SeriesRefresh)
            {
                return ApiResult.Ok;
            }

            var patched = await client.PatchAsync<Event>(
                ResourcePath.Of<Event>(new ObjectKey(news.Namespace, state.Name)),
                Patch.StrategicMerge(ApiMap<object?>.Empty.With(
                    "series",
                    ApiMap<object?>.Empty.With("count", (long)state.Count).With("lastObservedTime", ApiTime.FormatMicro(news.At)))),
                null,
                cancellationToken);
            if (!patched.IsNotFound)
            {
                state.Written = news.At;
                return new(patched.Error);
            }
        }

        var name = news.NewName();
        var created = await client.CreateAsync(
            new Event
            {
                Metadata = new() { Namespace = news.Namespace, Name = name },
                EventTime = news.At,
                ReportingController = controller,
                ReportingInstance = instance,
                Action = news.Action,
                Reason = news.Reason,
                Regarding = news.Regarding,
                Related = news.Related,
                Note = news.Message,
                Type = news.Type,
            },
            cancellationToken);
        if (created.IsOk)
        {
            var state = new EventState();
            state.Restart(news.At);
            state.Name = name;
            state.Written = news.At;
            _series[key] = (state, news.At);
        }

        return new(created.Error);
    }
}
