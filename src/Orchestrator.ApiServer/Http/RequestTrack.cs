using Orchestrator.ApiServer.Audit;
using Orchestrator.ApiServer.Fairness;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Metrics;

namespace Orchestrator.ApiServer.Http;

/// <summary>One request on its way, as those see it who count, time, audit and queue it. Each part is set as soon as it is known.</summary>
internal sealed class RequestTrack(long startedAt)
{
    /// <summary>The clock's timestamp when the request came.</summary>
    public long StartedAt { get; } = startedAt;

    public string AuditId { get; set; } = "";

    /// <summary>Null as long as the path was not read, or cannot be.</summary>
    public RequestInfo? Info { get; set; }

    /// <summary>Who the request acts as.</summary>
    public UserInfo? User { get; set; }

    /// <summary>The time spent waiting for others' requests; not the server's own slowness.</summary>
    public TimeSpan Waited { get; set; }

    /// <summary>What is gathered for the audit log; null if the request is not recorded.</summary>
    public AuditTrail? Audit { get; set; }

    /// <summary>The answer's body, if it may be compressed.</summary>
    public CompressibleBody? Body { get; set; }

    /// <summary>What the request holds of its priority level.</summary>
    public Seat Seat { get; set; }

    /// <summary>Ends the request when its time is up; null for long-running ones.</summary>
    public RequestTimer? Timer { get; set; }

    /// <summary>The gauge that this request is counted in while it lasts.</summary>
    public Gauge? CountedIn { get; set; }
}
