namespace Orchestrator.ApiServer.Strategies;

/// <summary>What a kind's own rules check of the metadata of a changed object.</summary>
[Flags]
internal enum UpdateMetadata
{
    None,

    /// <summary>All of it, as on create.</summary>
    Whole = 1,

    /// <summary>What may not change, once more.</summary>
    Compared = 2,
}
