using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.Client;

/// <summary>One event of a watch.</summary>
/// <param name="Type">What happened.</param>
/// <param name="Object">The object after the change (before it, with the deletion's resource version, when deleted); null for bookmarks and errors.</param>
/// <param name="ResourceVersion">The moment of the event: where a new watch goes on. "" for errors.</param>
/// <param name="Error">Why the watch ended, for <see cref="WatchEventType.Error"/>.</param>
/// <param name="InitialEventsEnd">The bookmark that ends the initial events of a streaming list.</param>
public readonly record struct WatchEvent<T>(WatchEventType Type, T? Object, string ResourceVersion, Status? Error = null, bool InitialEventsEnd = false)
    where T : ApiObject
{
    /// <summary>The resource version is too old: list again.</summary>
    public bool IsExpired => Error is { } error && (error.Code == 410 || error.Reason is StatusReason.Expired or StatusReason.Gone);
}
