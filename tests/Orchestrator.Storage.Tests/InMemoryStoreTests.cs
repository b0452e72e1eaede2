namespace Orchestrator.Storage.Tests;

public sealed class InMemoryStoreTests : StoreConformance
{
    protected override ValueTask<IStore> OpenAsync(StoreOptions options) => new(new InMemoryStore(options, TimeProvider.System));
}
