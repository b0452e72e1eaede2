using Orchestrator.Api;

namespace Orchestrator.Client;

/// <summary>A list, or a page of one.</summary>
/// <param name="Items">The objects, in key order.</param>
/// <param name="ResourceVersion">The moment that the list shows; a watch from here misses nothing.</param>
/// <param name="Continue">Asks for the next page; "" at the end.</param>
/// <param name="RemainingItemCount">How many follow, when the server knows.</param>
public sealed record ObjectList<T>(IReadOnlyList<T> Items, string ResourceVersion, string Continue = "", long? RemainingItemCount = null)
    where T : ApiObject;
