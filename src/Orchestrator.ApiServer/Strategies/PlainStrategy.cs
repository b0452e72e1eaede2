using Orchestrator.Api;

namespace Orchestrator.ApiServer.Strategies;

/// <summary>A kind that has no rules but those of its metadata.</summary>
internal sealed class PlainStrategy<T> : ObjectStrategy<T>
    where T : ApiObject, IResourceObject<T>, new();
