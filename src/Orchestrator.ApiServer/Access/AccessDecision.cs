namespace Orchestrator.ApiServer.Access;

/// <summary>A verdict with its reason ("" if there is none to give) and what went wrong while judging ("" if nothing).</summary>
public readonly record struct AccessDecision(AccessVerdict Verdict, string Reason = "", string Error = "")
{
    public bool IsAllowed => Verdict == AccessVerdict.Allow;

    public static AccessDecision NoOpinion(string reason = "") => new(AccessVerdict.NoOpinion, reason);

    public static AccessDecision Allow(string reason = "") => new(AccessVerdict.Allow, reason);
}
