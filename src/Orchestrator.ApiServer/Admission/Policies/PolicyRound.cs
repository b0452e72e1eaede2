using Orchestrator.Api;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission.Policies;

/// <summary>What mutating policies remember between the rounds: those that were asked and want to be asked again after a change.</summary>
internal sealed class PolicyRound
{
    private ApiObject? _left;

    /// <summary>Asked since the last change.</summary>
    public HashSet<string> Seen { get; } = [];

    /// <summary>To be asked in the second round.</summary>
    public HashSet<string> ToRepeat { get; } = [];

    public void ObjectChanged()
    {
        ToRepeat.UnionWith(Seen);
        Seen.Clear();
    }

    /// <summary>The policies are through with an object, which others may change in place from here on.</summary>
    public void Left(ApiObject obj) => _left = obj.DeepCopy();

    /// <summary>Whether an object is another than the policies left.</summary>
    public bool IsChangedByOthers(ApiObject obj) => !obj.Equals(_left);
}
