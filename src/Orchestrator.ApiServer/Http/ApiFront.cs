using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Access;
using Orchestrator.ApiServer.Aggregation;
using Orchestrator.ApiServer.Audit;
using Orchestrator.ApiServer.Fairness;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Identity.Authentication;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Metrics;
using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Http;

/// <summary>The way of every HTTP request: who, may he, what; and the boundary at which failures turn into answers.</summary>
internal sealed partial class ApiFront(
    RequestAuthenticator authenticator,
    Impersonation impersonation,
    AuthorizerChain authorizers,
    ResourceEndpoint resources,
    NonResourceEndpoint others,
    AggregationProxy aggregation,
    RequestTracker tracker,
    RequestTimers timers,
    FairnessFilter? fairness,
    Auditor? auditor,
    AccessInstruments instruments,
    TimeProvider time,
    ILogger<ApiFront> logger)
{
    private static readonly byte[] AllottedTimeout =
        [.. """{"metadata":{},"status":"Failure","message":"Timeout: request did not complete within the allotted timeout","reason":"Timeout","details":{},"code":504}"""u8, (byte)'\n'];

    public async Task HandleAsync(HttpContext context)
    {
        var track = tracker.Begin();
        try
        {
            await RespondAsync(context, track);
        }
        catch (ApiException refusal)
        {
            await FailAsync(context, track, refusal);
        }
        catch (OperationCanceledException) when (track.Timer is { IsOver: true })
        {
            await TimeOutAsync(context, track);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone; nobody waits for an answer.
        }
        catch (StoreException failure)
        {
            LogFailed(failure, context.Request.Method, context.Request.Path);
            await FailAsync(context, track, Errors.Internal(failure.Message));
        }
        catch (InsufficientExecutionStackException)
        {
            await FailAsync(context, track, Errors.BadRequest("the object is nested too deeply"));
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            track.Audit?.Panicked = true;
            LogFailed(failure, context.Request.Method, context.Request.Path);
            await FailAsync(context, track, Errors.Internal(failure.Message));
        }
        finally
        {
            StopTimer(track);
            fairness?.Leave(track);
            tracker.End(context, track);
            if (auditor is not null)
            {
                await auditor.EndAsync(context, track);
            }
        }
    }

    private ValueTask RespondAsync(HttpContext context, RequestTrack track)
    {
        var headers = context.Response.Headers;
        headers.CacheControl = "no-cache, private";
        headers["Audit-Id"] = track.AuditId = AuditId(context);
        GoQuery.Attach(context);
        RequestInfo info;
        try
        {
            info = RequestInfo.Parse(context.Request);
        }
        catch (FormatException)
        {
            context.Response.Headers.Connection = "close";
            return Responses.WriteTextAsync(context, 400, "400 Bad Request", context.RequestAborted);
        }

        if (info.Fault is { } fault)
        {
            headers.Remove("Cache-Control");
            return Responses.WriteTextAsync(context, 500, fault, context.RequestAborted);
        }

        tracker.Resolved(context, track, info);
        track.Timer = timers.Start(context, info);
        return RespondAsync(context, track, info);
    }

    private async ValueTask RespondAsync(HttpContext context, RequestTrack track, RequestInfo info)
    {
        var credentials = new RequestCredentials(context.Features.Get<ITlsConnectionFeature>()?.ClientCertificate, context.Request.Headers, context.Request.Path.Value ?? "");
        var asker = await AuthenticateAsync(context, track, info, credentials, context.RequestAborted);
        if (auditor is not null)
        {
            await auditor.BeginAsync(context, track, info, asker);
        }

        var asked = Attributes(context, info, asker);
        var (user, constraint) = await ImpersonateAsync(context, asked);
        track.User = user;
        if (track.Audit is { } trail && !ReferenceEquals(user, asker))
        {
            (trail.Impersonated, trail.ImpersonationConstraint) = (user, constraint);
        }

        if (fairness is not null && !await fairness.EnterAsync(context, track, info, user))
        {
            return;
        }

        if (!ReferenceEquals(user, UserInfo.Anonymous) || !others.IsPublic(info.Path))
        {
            if (!await AuthorizeAsync(context, track, ReferenceEquals(user, asker) ? asked : asked with { User = user }, context.RequestAborted))
            {
                return;
            }
        }

        if (await aggregation.TryHandleAsync(context, info.Path, user))
        {
            return;
        }

        // Whoever records the answer takes it as it is.
        track.Body = track.Audit?.Response is null ? CompressibleBody.Attach(context, info) : null;
        await AnswerAsync(context, info, user);
        if (track.Body is { } body)
        {
            await body.FinishAsync(context.RequestAborted);
        }
    }

    private async ValueTask AnswerAsync(HttpContext context, RequestInfo info, UserInfo user)
    {
        if (info.IsResource)
        {
            if (!others.ServesGroupVersion(info))
            {
                await others.UnknownGroupVersionAsync(context, info);
                return;
            }

            await resources.HandleAsync(context, info, user);
            return;
        }

        await others.HandleAsync(context, info);
    }

    private async ValueTask<(UserInfo User, string Constraint)> ImpersonateAsync(HttpContext context, AccessAttributes asked)
    {
        try
        {
            return await impersonation.ResolveAsync(asked, context.Request.Headers, context.RequestAborted);
        }
        catch (ApiException)
        {
            context.Response.Headers.XContentTypeOptions = "nosniff";
            throw;
        }
    }

    private async ValueTask<UserInfo> AuthenticateAsync(
        HttpContext context, RequestTrack track, RequestInfo info, RequestCredentials credentials, CancellationToken cancellationToken)
    {
        var startedAt = time.GetTimestamp();
        var series = credentials.Certificate is null && credentials.Headers.Authorization.Count == 0 ? instruments.Unknown : instruments.Refused;
        try
        {
            if (RequestAuthenticator.WarningOf(credentials.Headers) is { } warning)
            {
                Responses.AddWarnings(context, [warning]);
            }

            var user = await authenticator.AuthenticateAsync(credentials, cancellationToken);
            series = instruments.Recognised;
            instruments.Seen(user.Name);
            return user;
        }
        catch (ApiException) when (auditor is not null)
        {
            // Whoever it was is recorded too, without a name.
            await auditor.BeginAsync(context, track, info, user: null);
            throw;
        }
        finally
        {
            series.Add(time.GetElapsedTime(startedAt));
        }
    }

    /// <summary>Whether the request may go on; if not, it is answered, or refused by an exception.</summary>
    private async ValueTask<bool> AuthorizeAsync(HttpContext context, RequestTrack track, AccessAttributes attributes, CancellationToken cancellationToken)
    {
        var startedAt = time.GetTimestamp();
        var decision = await authorizers.AuthorizeAsync(attributes, cancellationToken);
        instruments.Of(decision).Add(time.GetElapsedTime(startedAt));
        if (!decision.IsAllowed && decision.Error.Length > 0)
        {
            // Nobody knows whether he may.
            track.Audit?.Annotate("authorization.k8s.io/reason", "internal error");
            var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
            await Responses.WriteTextAsync(context, 500, Markup.Escape($"Internal Server Error: {GoText.Quote(target)}: {decision.Error}") + "\n", cancellationToken);
            return false;
        }

        if (track.Audit is { } trail)
        {
            trail.Annotate("authorization.k8s.io/decision", decision.IsAllowed ? "allow" : "forbid");
            trail.Annotate("authorization.k8s.io/reason", decision.Reason);
        }

        if (!decision.IsAllowed)
        {
            // The refusal quotes what was asked for; no browser is to take it for a page.
            context.Response.Headers.XContentTypeOptions = "nosniff";
            throw AuthorizerChain.Refusal(attributes, decision);
        }

        return true;
    }

    private static AccessAttributes Attributes(HttpContext context, RequestInfo info, UserInfo user)
    {
        if (!info.IsResource)
        {
            return new AccessAttributes { User = user, Verb = info.Verb, IsResource = false, Path = info.Path };
        }

        // Only what is about many objects is restricted by selectors.
        var (fields, labels) = info.Verb is "list" or "watch" or "deletecollection"
            ? (QueryFlags.Text(context.Request.Query["fieldSelector"]), QueryFlags.Text(context.Request.Query["labelSelector"]))
            : ("", "");
        return new AccessAttributes
        {
            User = user,
            Verb = info.Verb,
            ApiGroup = info.Group,
            ApiVersion = info.Version,
            Namespace = info.Namespace,
            Resource = info.Resource,
            Subresource = info.Subresource,
            Name = info.Name.Length == 0 ? SelectorRequirements.NameOf(fields) : info.Name,
            FieldRequirements = SelectorRequirements.OfFields(fields),
            LabelRequirements = SelectorRequirements.OfLabels(labels),
        };
    }

    private static string AuditId(HttpContext context)
    {
        var given = context.Request.Headers["Audit-ID"].ToString();
        return given.Length is > 0 and <= 64 ? given : Guid.NewGuid().ToString();
    }

    private void StopTimer(RequestTrack track)
    {
        if (track.Timer is { } timer)
        {
            track.Timer = null;
            timers.Stop(timer);
        }
    }

    /// <summary>504. Who gives up first words it: the handler of a write, or the filter before all handlers, which writes no more than it must.</summary>
    private async ValueTask TimeOutAsync(HttpContext context, RequestTrack track)
    {
        if (timers.IsGivenUpByHandler(context, track.Info!))
        {
            await FailAsync(context, track, Errors.Timeout("request did not complete within requested timeout - context deadline exceeded", 0));
            return;
        }

        StopTimer(track);
        track.Body?.Discard();
        track.Audit?.Refusal = Errors.Timeout("request did not complete within the allotted timeout", 0).Status;
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        await Responses.WriteBytesAsync(context, 504, "text/plain; charset=utf-8", AllottedTimeout, context.RequestAborted);
    }

    private async ValueTask FailAsync(HttpContext context, RequestTrack track, ApiException refusal)
    {
        StopTimer(track);
        track.Audit?.Refusal = refusal.Status;
        track.Body?.Discard();
        if (context.Response.HasStarted)
        {
            // Part of an answer is out; cutting the connection is the only way left to say that it is not whole.
            context.Abort();
            return;
        }

        await Responses.WriteStatusAsync(context, refusal.Status, context.RequestAborted);
    }

    [LoggerMessage(2001, LogLevel.Error, "{Method} {Path} failed")]
    private partial void LogFailed(Exception failure, string method, string path);
}
