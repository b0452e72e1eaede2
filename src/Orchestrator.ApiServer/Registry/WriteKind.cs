namespace Orchestrator.ApiServer.Registry;

/// <summary>How a changed object came to be; what the rules of identity and ownership depend on.</summary>
internal enum WriteKind : byte
{
    /// <summary>The request brought the whole object: its uid is a precondition.</summary>
    Update,

    /// <summary>A patch of the stored object: what it does to the uid is validated.</summary>
    Patch,

    /// <summary>Server-side apply, which keeps managedFields itself.</summary>
    Apply,
}
