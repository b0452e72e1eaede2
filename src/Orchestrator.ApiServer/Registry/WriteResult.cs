using Orchestrator.Api;
using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Registry;

/// <summary>What a write left behind: the committed value, or (dry run, or deleted) an object alone.</summary>
internal readonly record struct WriteResult(StoredValue? Value, ApiObject? Object, bool Created)
{
    public static WriteResult Stored(StoredValue value, bool created) => new(value, null, created);

    public static WriteResult Virtual(ApiObject obj, bool created) => new(null, obj, created);
}
