using Orchestrator.Api;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission.Webhooks;

/// <summary>What one request has been through: which webhooks want to see the object again, and whether it changed since they saw it.</summary>
internal sealed class WebhookRound
{
    private ApiObject? _left;

    /// <summary>Webhooks that were called and ask to be called again if others change the object after them.</summary>
    public HashSet<string> Seen { get; } = new(StringComparer.Ordinal);

    /// <summary>Those whose wish came true.</summary>
    public HashSet<string> ToRepeat { get; } = new(StringComparer.Ordinal);

    /// <summary>A webhook changed the object: all before it that care see it again.</summary>
    public void ObjectChanged()
    {
        ToRepeat.UnionWith(Seen);
        Seen.Clear();
    }

    /// <summary>The webhooks are through with an object, which others may change in place from here on.</summary>
    public void Left(ApiObject? obj) => _left = Seen.Count > 0 || ToRepeat.Count > 0 ? obj?.DeepCopy() : null;

    /// <summary>Whether an object is another than the webhooks left.</summary>
    public bool IsChangedByOthers(ApiObject? obj) => obj is not null && !obj.Equals(_left);
}
