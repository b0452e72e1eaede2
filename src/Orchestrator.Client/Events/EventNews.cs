using Orchestrator.Api.Core.V1;

namespace Orchestrator.Client;

/// <summary>Something that happened, before it is an Event.</summary>
internal sealed record EventNews(ObjectReference Regarding, string Type, string Reason, string Message, ObjectReference? Related, string Action, DateTimeOffset At)
{
    public string Namespace => Regarding.Namespace.Length == 0 ? "default" : Regarding.Namespace;

    /// <summary>The name of a new Event: the object's and the time in hexadecimal nanoseconds.</summary>
    public string NewName() => $"{Regarding.Name}.{(At.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * 100:x}";
}
