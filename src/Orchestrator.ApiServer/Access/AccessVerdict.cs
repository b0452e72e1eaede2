namespace Orchestrator.ApiServer.Access;

/// <summary>What an authorizer says. Where nobody has an opinion, the answer is no.</summary>
public enum AccessVerdict
{
    NoOpinion,
    Allow,
    Deny,
}
