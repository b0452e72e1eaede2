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

    protected override void Check(Event obj, FieldErrorList errors)
    {
        Legacy(obj, isNewApi || obj.EventTime is not null, errors);
        if (isNewApi || obj.EventTime is not null)
        {
            New(obj, errors);
        }
    }

    protected override void CheckUpdate(Event obj, Event old, FieldErrorList errors)
    {
        Legacy(obj, isNewApi || obj.EventTime is not null, errors);
        if (!isNewApi)
        {
            return;
        }

        if (!Equals(obj.Series, old.Series))
        {
            Series(obj, errors);
        }

        errors.Immutable(null, "involvedObject", obj.InvolvedObject, old.InvolvedObject);
        errors.Immutable(null, "reason", obj.Reason, old.Reason);
        errors.Immutable(null, "message", obj.Message, old.Message);
        errors.Immutable(null, "source", obj.Source, old.Source);
        errors.Immutable(null, "firstTimestamp", obj.FirstTimestamp, old.FirstTimestamp);
        errors.Immutable(null, "lastTimestamp", obj.LastTimestamp, old.LastTimestamp);
        errors.Immutable(null, "count", obj.Count, old.Count);
        errors.Immutable(null, "type", obj.Type, old.Type);
        errors.Immutable(null, "eventTime", obj.EventTime, old.EventTime);
        errors.Immutable(null, "action", obj.Action, old.Action);
        errors.Immutable(null, "related", obj.Related, old.Related);
        errors.Immutable(null, "reportingController", obj.ReportingComponent, old.ReportingComponent);
        errors.Immutable(null, "reportingInstance", obj.ReportingInstance, old.ReportingInstance);
    }

    private static void Legacy(Event ev, bool isNew, FieldErrorList errors)
    {
        _ = isNew;
        var about = ev.InvolvedObject.Namespace;
        var own = ev.Metadata.Namespace;
        if (about.Length == 0)
        {
            // What is in no namespace has its events in the default one.
            if (own is not ("" or "default" or "kube-system"))
            {
                errors.Invalid(FieldPath.Root("involvedObject").Child("namespace"), about, "does not match event.namespace");
            }
        }
        else if (about != own)
        {
            errors.Invalid(FieldPath.Root("involvedObject").Child("namespace"), about, "does not match event.namespace");
        }
    }

    private void New(Event ev, FieldErrorList errors)
    {
        if (isNewApi && ev.EventTime is null)
        {
            errors.Required(FieldPath.Root("eventTime"));
        }

        if (isNewApi && ev.Type is not ("Normal" or "Warning"))
        {
            errors.Invalid(null, "type", "", $"has invalid value: {ev.Type}");
        }

        if (ev.ReportingComponent.Length == 0)
        {
            errors.Required(FieldPath.Root(isNewApi ? "reportingController" : "reportingComponent"));
        }

        errors.InvalidEach(null, isNewApi ? "reportingController" : "reportingComponent", ev.ReportingComponent, Formats.QualifiedName(ev.ReportingComponent));
        Text(ev.ReportingInstance, "reportingInstance", errors);
        Text(ev.Action, "action", errors);
        Text(ev.Reason, "reason", errors);
        if (Encoding.UTF8.GetByteCount(ev.Message) > MessageMax)
        {
            errors.Invalid(null, "message", "", $"can have at most {MessageMax} characters");
        }

        if (!isNewApi)
        {
            return;
        }

        if (ev.FirstTimestamp is not null)
        {
            errors.Invalid(null, "deprecatedFirstTimestamp", "", "needs to be unset");
        }

        if (ev.LastTimestamp is not null)
        {
            errors.Invalid(null, "deprecatedLastTimestamp", "", "needs to be unset");
        }

        if (ev.Count != 0)
        {
            errors.Invalid(null, "deprecatedCount", "", "needs to be unset");
        }

        if (!ev.Source.IsZero)
        {
            errors.Invalid(null, "deprecatedSource", "", "needs to be unset");
        }

        Series(ev, errors);
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
