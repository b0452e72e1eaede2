namespace Orchestrator.Api;

/// <summary>A kind that has a resource of its own, so that a client can find the path from the type alone.</summary>
public interface IResourceObject<TSelf>
    where TSelf : ApiObject, IResourceObject<TSelf>
{
    static abstract ResourceInfo Resource { get; }
}
