using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Orchestrator.ApiServer.Access;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Metrics;

namespace Orchestrator.ApiServer.Audit;

/// <summary>The audit log: asks the policy what to record of a request, and hands its events to the backends at each stage.</summary>
internal sealed partial class Auditor : IAsyncDisposable
{
    private readonly AuditPolicy _policy;
    private readonly IReadOnlyList<IAuditBackend> _backends;
    private readonly TimeProvider _time;
    private readonly Counter _events;
    private readonly Counter[] _levels;
    private readonly SeriesFamily<Counter> _errors;
    private readonly ILogger _logger;

    private Auditor(AuditPolicy policy, IReadOnlyList<IAuditBackend> backends, SeriesFamily<Counter> errors, MetricRegistry metrics, TimeProvider time, ILogger<Auditor> logger)
    {
        (_policy, _backends, _errors, _time, _logger) = (policy, backends, errors, time, logger);
        _events = metrics.Counter("apiserver_audit_event_total", "[ALPHA] Counter of audit events generated and sent to the audit backend.").With();
        var levels = metrics.Counter("apiserver_audit_level_total", "[ALPHA] Counter of policy levels for audit events (1 per request).", "level");
        _levels = Enum.GetNames<AuditLevel>().Select(n => levels.With(n)).ToArray();
        metrics.Counter("apiserver_audit_requests_rejected_total", "[ALPHA] Counter of apiserver requests rejected due to an error in audit logging backend.").With();
    }

    /// <summary>Sets up what the options ask for; null if they ask for nothing.</summary>
    /// <exception cref="FormatException">The policy is wrong.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static Auditor? Create(AuditOptions options, MetricRegistry metrics, TimeProvider time, ILoggerFactory loggers)
    {
        if (options.PolicyFile is null || (options.Log is null && options.WebhookConfigFile is null))
        {
            return null;
        }

        var policy = AuditPolicy.Load(options.PolicyFile);
        var errors = metrics.Counter("apiserver_audit_error_total", "[ALPHA] Counter of audit events that failed to be audited properly. Plugin identifies the plugin affected by the error.", "plugin");
        var backends = new List<IAuditBackend>();
        if (options.Log is { } log)
        {
            backends.Add(new AuditLogFile(log, time));
        }

        if (options.WebhookConfigFile is not null)
        {
            backends.Add(new AuditWebhook(options, errors.With("webhook"), time, loggers.CreateLogger<AuditWebhook>()));
        }

        return new(policy, backends, errors, metrics, time, loggers.CreateLogger<Auditor>());
    }

    /// <summary>The user is known: decides what is recorded, and records that the request came.</summary>
    public ValueTask BeginAsync(HttpContext context, RequestTrack track, RequestInfo info, UserInfo? user)
    {
        var verdict = _policy.Judge(info, user);
        _levels[(int)verdict.Level].Increment();
        return verdict.Level == AuditLevel.None ? default : BeginAsync(context, new AuditTrail(verdict, track, info, user, _time.GetUtcNow() - _time.GetElapsedTime(track.StartedAt))
        {
            SelectedName = info.Verb is "list" or "watch" or "deletecollection" ? SelectorRequirements.NameOf(QueryFlags.Text(context.Request.Query["fieldSelector"])) : "",
        });
    }

    /// <summary>The request is answered, or given up.</summary>
    public ValueTask EndAsync(HttpContext context, RequestTrack track)
    {
        if (track.Audit is not { } trail)
        {
            return default;
        }

        // Of a request that nobody made only the refusal is told.
        var stage = trail.Panicked ? AuditStages.Panic : trail.User is null ? AuditStages.ResponseStarted : AuditStages.ResponseComplete;
        return trail.Wants(stage) ? WriteAsync(trail, stage, context) : default;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var backend in _backends)
        {
            await backend.DisposeAsync();
        }
    }

    private async ValueTask BeginAsync(HttpContext context, AuditTrail trail)
    {
        trail.Track.Audit = trail;
        context.Features.Set(trail);
        if (trail.User is null)
        {
            return;
        }

        if (trail.Verdict.Level == AuditLevel.RequestResponse && !trail.Info.IsLongRunning)
        {
            trail.Response = CapturedResponse.Attach(context);
        }

        if (trail.Info.IsLongRunning && trail.Wants(AuditStages.ResponseStarted))
        {
            context.Response.OnStarting(() => WriteAsync(trail, AuditStages.ResponseStarted, context).AsTask());
        }

        if (trail.Wants(AuditStages.RequestReceived))
        {
            await WriteAsync(trail, AuditStages.RequestReceived, context);
        }
    }

    private async ValueTask WriteAsync(AuditTrail trail, AuditStages stage, HttpContext context)
    {
        var line = AuditEventWriter.Write(trail, stage, context, _time.GetUtcNow());
        _events.Increment();
        foreach (var backend in _backends)
        {
            try
            {
                await backend.WriteAsync(line, CancellationToken.None);
            }
            catch (IOException failure)
            {
                // A full disk must not take the cluster down; the metric and the log tell of the gap.
                _errors.With(backend.Name).Increment();
                LogFailed(failure, backend.Name, trail.Track.AuditId);
            }
        }
    }

    [LoggerMessage(2310, LogLevel.Error, "The audit backend {Backend} could not take the event of request {RequestId}")]
    private partial void LogFailed(Exception failure, string backend, string requestId);
}
