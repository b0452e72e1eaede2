using Microsoft.AspNetCore.Http;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Audit;

/// <summary>What is gathered of one request for the audit log. Only requests that the policy wants recorded have one.</summary>
internal sealed class AuditTrail(AuditVerdict verdict, RequestTrack track, RequestInfo info, UserInfo? user, DateTimeOffset receivedAt)
{
    private readonly Lock _lock = new();

    public AuditVerdict Verdict { get; } = verdict;

    public RequestTrack Track { get; } = track;

    public RequestInfo Info { get; } = info;

    /// <summary>Who made the request; null if he could not be authenticated.</summary>
    public UserInfo? User { get; } = user;

    /// <summary>The one object that a list is restricted to by its field selector; "" if it is not.</summary>
    public string SelectedName { get; init; } = "";

    /// <summary>Who the request acts as, if that is somebody else.</summary>
    public UserInfo? Impersonated { get; set; }

    /// <summary>The verb by which he was allowed to, in a constrained mode; "" otherwise.</summary>
    public string ImpersonationConstraint { get; set; } = "";

    public DateTimeOffset ReceivedAt { get; } = receivedAt;

    /// <summary>The refusal that the request was answered with; null if it was not refused.</summary>
    public Status? Refusal { get; set; }

    /// <summary>The Status that a request that was not refused is answered with; null if it is another object.</summary>
    public Status? Outcome { get; set; }

    public bool Panicked { get; set; }

    /// <summary>What the request asks to be stored or done, as JSON; empty until it is known, or if it is not to be recorded.</summary>
    public ReadOnlyMemory<byte> RequestObject { get; private set; }

    /// <summary>The metadata of the object in the request; null until it is known.</summary>
    public ObjectMeta? Metadata { get; private set; }

    /// <summary>The body of the answer, if it is to be recorded.</summary>
    public CapturedResponse? Response { get; set; }

    /// <summary>Left by authorization, admission and policies. Only to be read when the request is through.</summary>
    public SortedDictionary<string, string> Annotations { get; } = new(StringComparer.Ordinal);

    /// <summary>Leaves a note; the first of a key counts, as upstream has it. May be called by several threads.</summary>
    public void Annotate(string key, string value)
    {
        lock (_lock)
        {
            Annotations.TryAdd(key, value);
        }
    }

    /// <summary>The request's object is read and has its defaults.</summary>
    public void Requested(ApiObject obj)
    {
        Metadata = obj.Metadata.DeepCopy();
        if (Verdict.Level >= AuditLevel.Request)
        {
            RequestObject = ApiJson.WriteToArray(obj);
        }
    }

    /// <summary>What is asked is no object: a patch, or options; JSON.</summary>
    public void Requested(byte[] json)
    {
        if (Verdict.Level >= AuditLevel.Request)
        {
            RequestObject = json;
        }
    }

    public bool Wants(AuditStages stage) => (Verdict.OmitStages & stage) == 0;

    /// <summary>The trail of the request that is being answered; null if it is not recorded.</summary>
    public static AuditTrail? Of(HttpContext context) => context.Features.Get<AuditTrail>();
}
