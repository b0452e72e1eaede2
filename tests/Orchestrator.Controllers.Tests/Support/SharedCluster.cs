using Orchestrator.Controllers.Tests.Golden;

namespace Orchestrator.Controllers.Tests.Support;

/// <summary>One cluster for tests that keep to names of their own.</summary>
[CollectionDefinition(Name)]
public sealed class SharedCluster : ICollectionFixture<RunningCluster>
{
    public const string Name = "one cluster";
}
