using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Lists;

/// <summary>One page of a list: its values, the revision it shows, and how it goes on.</summary>
internal readonly record struct ListPage(IReadOnlyList<StoredValue> Items, Revision Revision, string Continue, long? RemainingItemCount);
