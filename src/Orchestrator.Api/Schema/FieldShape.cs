namespace Orchestrator.Api;

/// <summary>How many values a field has.</summary>
public enum FieldShape : byte
{
    Single,
    List,
    Map,

    /// <summary>A map of string to list of strings.</summary>
    MapOfLists,
}
