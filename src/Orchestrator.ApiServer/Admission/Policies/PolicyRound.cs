namespace Orchestrator.ApiServer.Admission.Policies;

/// <summary>What mutating policies remember between the rounds: those that were asked and want to be asked again after a change.</summary>
internal sealed class PolicyRound
{
    /// <summary>Asked since the last change.</summary>
    public HashSet<string> Seen { get; } = [];

    /// <summary>To be asked in the second round.</summary>
    public HashSet<string> ToRepeat { get; } = [];

    public void ObjectChanged()
    {
        ToRepeat.UnionWith(Seen);
        Seen.Clear();
    }
}
