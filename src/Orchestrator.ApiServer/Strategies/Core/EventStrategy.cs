using System.Text;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Core;

/// <summary>Events; those asked for as events.k8s.io/v1 are held to stricter rules.</summary>
internal sealed class EventStrategy(bool isNewApi) : ObjectStrategy<Event>
{
    private const int TextMax = 128;
    private const int MessageMax = 1024;

    /// <summary>One occurrence is no series.</summary>
    private const int SeriesCountMin = 2;

    // Of core/v1 events upstream looks at no metadata beyond what all kinds share.
    protected override Func<string, IReadOnlyList<string>> NameFormat => isNewApi ? Formats.DnsSubdomain : Formats.PathSegment;

    protected override bool ChecksFinalizers => isNewApi;

    protected override MetadataRounds UpdateRounds => isNewApi ? new(1, 0) : default;

    protected override void Check(Event obj, FieldErrorList errors)
    {
        Legacy(obj, errors);
        if (isNewApi)
        {
            Strict(obj, errors);
        }
    }

    /// <summary>Nothing is immutable: upstream compares the new event with itself, and its conformance tests change a note.</summary>
    protected override void CheckUpdate(Event obj, Event old, FieldErrorList errors) => Legacy(obj, errors);

    /// <summary>What holds for every event; one with a time of its own (the new kind) has to say more.</summary>
    private void Legacy(Event ev, FieldErrorList errors)
    {
        var about = ev.InvolvedObject.Namespace;
        var own = ev.Metadata.Namespace;
        var isNew = ev.EventTime is not null;

        // What is in no namespace has its events in the default one.
        if (about.Length == 0 ? own is not ("" or "default") && !(isNew && own == "kube-system") : !isNew && about != own)
        {
            errors.Invalid(FieldPath.Root("involvedObject").Child("namespace"), about, "does not match event.namespace");
        }

        if (!isNew)
        {
            return;
        }

        var reporting = isNewApi ? "reportingController" : "reportingComponent";
        if (ev.ReportingComponent.Length == 0)
        {
            errors.Required(FieldPath.Root(reporting));
        }

        errors.InvalidEach(null, reporting, ev.ReportingComponent, Formats.QualifiedName(ev.ReportingComponent));
        Text(ev.ReportingInstance, "reportingInstance", errors);
        Text(ev.Action, "action", errors);
        Text(ev.Reason, "reason", errors);
        if (Encoding.UTF8.GetByteCount(ev.Message) > MessageMax)
        {
            errors.Invalid(null, "message", "", $"can have at most {MessageMax} characters");
        }
    }

    private static void Strict(Event ev, FieldErrorList errors)
    {
        Series(ev, errors);
        if (ev.EventTime is null)
        {
            errors.Required(FieldPath.Root("eventTime"));
        }

        if (ev.Type is not ("Normal" or "Warning"))
        {
            errors.Invalid(null, "type", "", $"has invalid value: {ev.Type}");
        }

        Unset(ev.FirstTimestamp is null, "firstTimestamp");
        Unset(ev.LastTimestamp is null, "lastTimestamp");
        Unset(ev.Count == 0, "count");
        Unset(ev.Source.IsZero, "source");

        void Unset(bool isUnset, string field)
        {
            if (!isUnset)
            {
                errors.Invalid(null, field, "", "needs to be unset");
            }
        }
    }

    private static void Series(Event ev, FieldErrorList errors)
    {
        if (ev.Series is not { } series)
        {
            return;
        }

        if (series.Count < SeriesCountMin)
        {
            errors.Invalid(null, "series.count", "", $"should be at least {SeriesCountMin}");
        }

        if (series.LastObservedTime is null)
        {
            errors.Required(FieldPath.Root("series.lastObservedTime"));
        }
    }

    private static void Text(string value, string field, FieldErrorList errors)
    {
        if (value.Length == 0)
        {
            errors.Required(FieldPath.Root(field));
        }

        if (Encoding.UTF8.GetByteCount(value) > TextMax)
        {
            errors.Invalid(null, field, "", $"can have at most {TextMax} characters");
        }
    }
}
