namespace Orchestrator.ApiServer.CustomResources.Definitions;

/// <summary>What the approval annotation of a definition says.</summary>
internal enum ApprovalState
{
    Missing,
    Invalid,

    /// <summary>Says openly that nobody approved it.</summary>
    Bypassed,
    Approved,
}
