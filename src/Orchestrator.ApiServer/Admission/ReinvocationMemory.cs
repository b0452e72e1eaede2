using Orchestrator.Api;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission;

/// <summary>What mutating webhooks, or mutating policies, remember of one request between the rounds: who wants to see the object again, and whether it changed since.</summary>
internal sealed class ReinvocationMemory
{
    private ApiObject? _left;

    /// <summary>Those who were asked since the last change and want to be asked again if others change the object after them.</summary>
    public HashSet<string> Seen { get; } = new(StringComparer.Ordinal);

    /// <summary>Those whose wish came true.</summary>
    public HashSet<string> ToRepeat { get; } = new(StringComparer.Ordinal);

    /// <summary>A round begins; others may have changed the object since the last one.</summary>
    public void Begin(AdmissionAttributes attributes)
    {
        if (attributes is { IsReinvocation: true, Object: ApiObject obj } && !obj.Equals(_left))
        {
            ObjectChanged();
        }
    }

    /// <summary>The object was changed: all before that care see it again.</summary>
    public void ObjectChanged()
    {
        ToRepeat.UnionWith(Seen);
        Seen.Clear();
    }

    /// <summary>A round is over; others may change the object in place from here on.</summary>
    public void End(AdmissionAttributes attributes) =>
        _left = Seen.Count > 0 || ToRepeat.Count > 0 ? (attributes.Object as ApiObject)?.DeepCopy() : null;
}
