using Orchestrator.Api;
using CoreEvent = Orchestrator.Api.Core.V1.Event;
using NewEvent = Orchestrator.Api.Events.V1.Event;

namespace Orchestrator.ApiServer.Conversions;

/// <summary>Events of the core group and of events.k8s.io are one kind under two sets of names.</summary>
internal static class EventConversion
{
    private static readonly (int Core, int New)[] Pairs =
    [
        (ApiObject.MetadataSlot, ApiObject.MetadataSlot),
        (CoreEvent.Fields.InvolvedObject, NewEvent.Fields.Regarding),
        (CoreEvent.Fields.Reason, NewEvent.Fields.Reason),
        (CoreEvent.Fields.Message, NewEvent.Fields.Note),
        (CoreEvent.Fields.Source, NewEvent.Fields.DeprecatedSource),
        (CoreEvent.Fields.FirstTimestamp, NewEvent.Fields.DeprecatedFirstTimestamp),
        (CoreEvent.Fields.LastTimestamp, NewEvent.Fields.DeprecatedLastTimestamp),
        (CoreEvent.Fields.Count, NewEvent.Fields.DeprecatedCount),
        (CoreEvent.Fields.Type, NewEvent.Fields.Type),
        (CoreEvent.Fields.EventTime, NewEvent.Fields.EventTime),
        (CoreEvent.Fields.Action, NewEvent.Fields.Action),
        (CoreEvent.Fields.Related, NewEvent.Fields.Related),
        (CoreEvent.Fields.ReportingComponent, NewEvent.Fields.ReportingController),
        (CoreEvent.Fields.ReportingInstance, NewEvent.Fields.ReportingInstance),
    ];

    public static CoreEvent ToCore(NewEvent ev)
    {
        var core = new CoreEvent { Kind = "Event", ApiVersion = "v1" };
        foreach (var (to, from) in Pairs)
        {
            core.Slots[to] = ev.Slots[from];
        }

        return ev.Series is { } series ? core with { Series = new() { Count = series.Count, LastObservedTime = series.LastObservedTime } } : core;
    }

    public static NewEvent ToEvents(CoreEvent ev)
    {
        var converted = new NewEvent { Kind = "Event", ApiVersion = "events.k8s.io/v1" };
        foreach (var (from, to) in Pairs)
        {
            converted.Slots[to] = ev.Slots[from];
        }

        return ev.Series is { } series ? converted with { Series = new() { Count = series.Count, LastObservedTime = series.LastObservedTime } } : converted;
    }
}
