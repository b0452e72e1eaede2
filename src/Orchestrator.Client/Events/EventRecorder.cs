using Microsoft.Extensions.Logging;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.Client;

/// <summary>Writes Events of the core group, as controllers and kubelets do: equal ones are counted, similar ones combined, floods cut.</summary>
public sealed class EventRecorder(IClusterClient client, string component, string host, TimeProvider time, ILogger<EventRecorder> logger) : EventPump(time, logger)
{
    private readonly EventCorrelator _correlator = new();

    private protected override async ValueTask<ApiResult> WriteAsync(EventNews news, CancellationToken cancellationToken)
    {
        if (_correlator.Correlate(news) is not { } correlated)
        {
            return ApiResult.Ok;
        }

        var (state, message) = correlated;
        if (state.Name.Length > 0)
        {
            var patched = await client.PatchAsync<Event>(
                ResourcePath.Of<Event>(new ObjectKey(news.Namespace, state.Name)),
                Patch.StrategicMerge(ApiMap<object?>.Empty
                    .With("count", (long)state.Count)
                    .With("lastTimestamp", ApiTime.Format(news.At))
                    .With("message", message)),
                null,
                cancellationToken);
            if (!patched.IsNotFound)
            {
                return new(patched.Error);
            }

            // It was deleted or has expired: begin a new one.
            state.Restart(news.At);
        }

        var name = news.NewName();
        var created = await client.CreateAsync(
            new Event
            {
                Metadata = new() { Namespace = news.Namespace, Name = name },
                InvolvedObject = news.Regarding,
                Related = news.Related,
                Type = news.Type,
                Reason = news.Reason,
                Message = message,
                Source = new() { Component = component, Host = host },
                FirstTimestamp = state.First,
                LastTimestamp = news.At,
                Count = state.Count,
                ReportingComponent = component,
                ReportingInstance = host,
            },
            cancellationToken);
        if (created.IsOk)
        {
            state.Name = name;
        }

        return new(created.Error);
    }
}
