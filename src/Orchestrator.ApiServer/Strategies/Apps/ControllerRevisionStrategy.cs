using Orchestrator.Api.Apps.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Apps;

internal sealed class ControllerRevisionStrategy : ObjectStrategy<ControllerRevision>
{
    protected override void Check(ControllerRevision obj, FieldErrorList errors)
    {
        if (obj.Data is not { } data)
        {
            errors.Required(FieldPath.Root("data"), "data is mandatory");
        }
        else if (data.Utf8.Span.IndexOfAnyExcept(" \t\r\n"u8) is var start && (start < 0 || data.Utf8.Span[start] != (byte)'{'))
        {
            errors.Required(FieldPath.Root("data"), "data must be a valid JSON object");
        }

        errors.NonNegative(null, "revision", obj.Revision);
    }

    protected override void CheckUpdate(ControllerRevision obj, ControllerRevision old, FieldErrorList errors)
    {
        Check(obj, errors);
        errors.Immutable(null, "data", obj.Data, old.Data);
    }
}
