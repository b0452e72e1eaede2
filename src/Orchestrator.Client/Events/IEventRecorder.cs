using Orchestrator.Api.Core.V1;

namespace Orchestrator.Client;

/// <summary>Tells the users what happened to an object. Never waits and never fails: an Event may be lost, work may not.</summary>
public interface IEventRecorder
{
    /// <param name="regarding">The object; its namespace is the Event's ("default" for cluster-scoped ones).</param>
    /// <param name="type"><c>Normal</c> or <c>Warning</c>.</param>
    /// <param name="reason">One word in camel case.</param>
    /// <param name="message">For a person.</param>
    /// <param name="related">Another object that has a part in it.</param>
    /// <param name="action">What was done; only Events of events.k8s.io keep it.</param>
    void Record(ObjectReference regarding, string type, string reason, string message, ObjectReference? related = null, string action = "");
}
