namespace Orchestrator.Storage;

/// <summary>Names one value.</summary>
/// <param name="Collection">What is listed and watched together, for example <c>pods</c> or <c>apps/deployments</c>.</param>
/// <param name="Name">The key inside the collection: <c>namespace/name</c>, or <c>name</c>. Ordered by UTF-16 code units.</param>
public readonly record struct StoreKey(string Collection, string Name)
{
    /// <summary>Both parts, for messages.</summary>
    public override string ToString() => $"{Collection}/{Name}";
}
