using Orchestrator.ApiServer.Lists;
using Orchestrator.ApiServer.Printing;
using Orchestrator.ApiServer.Registry;
using Orchestrator.ApiServer.Subresources;
using Orchestrator.ApiServer.Watching;

namespace Orchestrator.ApiServer.Http;

/// <summary>What the HTTP front works with.</summary>
internal sealed class ApiServices
{
    public required ResourceRegistry Registry { get; init; }

    public required ObjectStore Objects { get; init; }

    public required ObjectCodec Codec { get; init; }

    public required IObjectConverter Converter { get; init; }

    public required Lister Lister { get; init; }

    public required ListWriter ListWriter { get; init; }

    public required ObjectTransformer Transformer { get; init; }

    public required WatchServices Watches { get; init; }

    public required Patcher Patcher { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>By <c>collection/subresource</c>, or <c>*/subresource</c>.</summary>
    public required IReadOnlyDictionary<string, ISubresourceHandler> Subresources { get; init; }

    /// <summary>By <c>collection/subresource</c>: subresources that are only posted to.</summary>
    public required IReadOnlyDictionary<string, IObjectCreator> SubresourceCreators { get; init; }

    /// <summary>The scale subresource; set while the services are put together, since it needs them itself.</summary>
    public ScaleHandler Scales => field ??= new ScaleHandler(this);

    /// <summary>Deletes whole collections.</summary>
    public CollectionDeletion Collections => field ??= new CollectionDeletion(Objects);

    /// <summary>By collection: resources whose objects are made when somebody asks.</summary>
    public required IReadOnlyDictionary<string, IObjectSource> Sources { get; init; }

    /// <summary>By collection: resources that answer a POST and store nothing.</summary>
    public required IReadOnlyDictionary<string, IObjectCreator> Creators { get; init; }

    /// <summary>By collection: what answers to writes wait for.</summary>
    public required IReadOnlyDictionary<string, FollowUp> FollowUps { get; init; }
}
