namespace Orchestrator.Api;

/// <summary>A served group version: its place among the groups, its APIService priorities, and the group's preferred version.</summary>
public sealed record GroupVersionInfo(int GroupOrder, string Group, string Version, int GroupPriorityMinimum, int VersionPriority, string PreferredVersion)
{
    public string ApiVersion => Group.Length == 0 ? Version : Group + "/" + Version;
}
