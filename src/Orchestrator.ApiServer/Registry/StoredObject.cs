using Orchestrator.Api;

namespace Orchestrator.ApiServer.Registry;

/// <summary>What memory keeps beside an object's bytes: where its resourceVersion belongs in them, and the object itself.</summary>
internal sealed class StoredObject(ApiObject obj, int hole)
{
    /// <summary>Bytes before the resourceVersion's digits.</summary>
    public int Hole { get; } = hole;

    /// <summary>The object as stored; its resourceVersion is filled in by whoever reads it first (<see cref="ObjectCodec.Read"/>).</summary>
    public ApiObject Object { get; } = obj;
}
