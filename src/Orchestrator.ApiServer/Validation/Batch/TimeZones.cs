namespace Orchestrator.ApiServer.Validation.Batch;

/// <summary>Names of time zones, spelled exactly as the time zone database spells them.</summary>
internal static class TimeZones
{
    public static bool IsKnown(string name) => name is "UTC" or "Local" || (TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) && zone.Id == name);
}
