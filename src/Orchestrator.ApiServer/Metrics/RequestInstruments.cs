using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Metrics;

/// <summary>Counts and times requests under upstream's names. A request that was seen before costs one look-up and a few interlocked additions.</summary>
internal sealed class RequestInstruments
{
    private static readonly string[] Labels = ["component", "dry_run", "group", "resource", "scope", "subresource", "verb", "version"];
    private static readonly double[] SizeBuckets = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
    private static readonly double[] SliBuckets = [0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];

    private const string SliHelp =
        "[ALPHA] Response latency distribution (not counting webhook duration and priority & fairness queue wait times) in seconds for each verb, group, version, resource, subresource, scope and component.";

    private readonly ResourceRegistry _registry;
    private readonly SeriesFamily<Counter> _total;
    private readonly SeriesFamily<Histogram> _duration;
    private readonly SeriesFamily<Histogram> _sliDuration;
    private readonly SeriesFamily<Histogram> _sizes;
    private readonly SeriesFamily<Gauge> _longRunning;
    private readonly SeriesFamily<Counter> _watchEvents;
    private readonly SeriesFamily<Counter> _terminations;
    private readonly ConcurrentDictionary<Kind, RequestSeries> _byKind = [];
    private readonly ConcurrentDictionary<string, RequestSeries> _byLabels = new(StringComparer.Ordinal);
    private readonly Gauge _mutating;
    private readonly Gauge _readOnly;

    public RequestInstruments(MetricRegistry metrics, ResourceRegistry registry)
    {
        _registry = registry;
        _total = metrics.Counter(
            "apiserver_request_total",
            "[STABLE] Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.",
            "code", "component", "dry_run", "group", "resource", "scope", "subresource", "verb", "version");
        _duration = metrics.Histogram(
            "apiserver_request_duration_seconds",
            "[STABLE] Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.",
            MetricRegistry.RequestBuckets, Labels);
        _sliDuration = metrics.Histogram(
            "apiserver_request_sli_duration_seconds",
            SliHelp,
            SliBuckets, "component", "group", "resource", "scope", "subresource", "verb", "version");
        metrics.Alias("apiserver_request_slo_duration_seconds", SliHelp, "histogram", _sliDuration);
        _sizes = metrics.Histogram(
            "apiserver_response_sizes", "[STABLE] Response size distribution in bytes for each group, version, verb, resource, subresource, scope and component.",
            SizeBuckets, "component", "group", "resource", "scope", "subresource", "verb", "version");
        _longRunning = metrics.Gauge(
            "apiserver_longrunning_requests", "[STABLE] Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.",
            "component", "group", "resource", "scope", "subresource", "verb", "version");
        _watchEvents = metrics.Counter("apiserver_watch_events_total", "[ALPHA] Number of events sent in watch clients", "group", "resource", "version");
        _terminations = metrics.Counter(
            "apiserver_request_terminations_total", "[ALPHA] Number of requests which apiserver terminated in self-defense.",
            "code", "component", "group", "resource", "scope", "subresource", "verb", "version");
        var inflight = metrics.Gauge(
            "apiserver_current_inflight_requests",
            "[STABLE] Maximal number of currently used inflight request limit of this apiserver per request kind in last second.", "request_kind");
        _mutating = inflight.With("mutating");
        _readOnly = inflight.With("readOnly");

        // Resources that come anew are other objects with the same labels; the old ones must not be held on to.
        registry.Changed += _byKind.Clear;
    }

    /// <summary>The series of a request; null for a path outside of all resources that exist, since those would be without number.</summary>
    public RequestSeries? Of(RequestInfo info, string method, bool apply, bool dryRun)
    {
        var resource = info.IsResource ? info.Served ?? _registry.Find(info.Group, info.Version, info.Resource) : null;
        if (resource is null)
        {
            return info.IsResource ? null : OfPath(info, method);
        }

        var kind = new Kind(resource, info.Verb, info.Subresource, ScopeOf(info), apply, dryRun);
        return _byKind.TryGetValue(kind, out var series) ? series : AddKind(kind);
    }

    /// <summary>A request that holds the server for as long as it is answered.</summary>
    public Gauge Inflight(RequestInfo info) => info.Verb is "get" or "list" or "watch" or "head" or "options" ? _readOnly : _mutating;

    /// <summary>The events that watchers of a resource were sent.</summary>
    public Counter WatchEvents(ServedResource resource) => _watchEvents.With(resource.Group, resource.Info.Resource, resource.Info.Version);

    /// <summary>A request was turned away to protect the server.</summary>
    public void Terminated(RequestInfo info, int code)
    {
        if (!info.IsResource || _registry.Find(info.Group, info.Version, info.Resource) is { } known)
        {
            _terminations.With(
                code.ToString(CultureInfo.InvariantCulture), "apiserver", info.Group, info.Resource, ScopeOf(info), "", VerbOf(info.Verb, false), info.Version).Increment();
        }
    }

    private RequestSeries? OfPath(RequestInfo info, string method)
    {
        // Only paths that the server has, each once: what follows the first part may be anything.
        var path = info.Path switch
        {
            "/healthz" or "/livez" or "/readyz" or "/version" or "/metrics" or "/metrics/slis" or "/api" or "/apis" or "/openapi/v2" or "/openapi/v3"
                or "/openid/v1/jwks" or "/.well-known/openid-configuration" => info.Path,
            _ => null,
        };
        return path is null ? null : Add("", "", "", path, "", method, dryRun: false);
    }

    private RequestSeries AddKind(Kind kind)
    {
        // A subresource that does not exist comes from the request's path and is in no closed set.
        var subresource = kind.Subresource.Length == 0 || kind.Resource.Info.Subresources.Any(s => s.Name == kind.Subresource) ? kind.Subresource : "unknown";
        var info = kind.Resource.Info;
        var verb = subresource is "exec" or "attach" or "portforward" or "proxy" ? "CONNECT" : VerbOf(kind.Verb, kind.Apply);
        var series = Add(info.Group, info.Version, info.Resource, subresource, kind.Scope, verb, kind.DryRun);
        if (subresource == kind.Subresource)
        {
            _byKind.TryAdd(kind, series);
        }

        return series;
    }

    private RequestSeries Add(string group, string version, string resource, string subresource, string scope, string verb, bool dryRun)
    {
        var dry = dryRun ? "All" : "";
        var key = string.Join('/', group, version, resource, subresource, scope, verb, dry);
        return _byLabels.GetOrAdd(key, _ => new RequestSeries(
            code => _total.With(code.ToString(CultureInfo.InvariantCulture), "apiserver", dry, group, resource, scope, subresource, verb, version),
            _duration.With("apiserver", dry, group, resource, scope, subresource, verb, version),
            _sliDuration.With("apiserver", group, resource, scope, subresource, verb, version),
            verb is "GET" or "LIST" ? _sizes.With("apiserver", group, resource, scope, subresource, verb, version) : null,
            () => _longRunning.With("apiserver", group, resource, scope, subresource, verb, version)));
    }

    private static string ScopeOf(RequestInfo info) =>
        info.Name.Length > 0 || info.Verb == "create" ? "resource" : info.Namespace.Length > 0 ? "namespace" : info.IsResource ? "cluster" : "";

    private static string VerbOf(string verb, bool apply) => verb switch
    {
        "get" => "GET",
        "list" => "LIST",
        "watch" => "WATCH",
        "create" => "POST",
        "update" => "PUT",
        "patch" => apply ? "APPLY" : "PATCH",
        "delete" => "DELETE",
        "deletecollection" => "DELETECOLLECTION",
        _ => "OTHER",
    };

    private readonly record struct Kind(ServedResource Resource, string Verb, string Subresource, string Scope, bool Apply, bool DryRun)
    {
        public bool Equals(Kind other) => ReferenceEquals(Resource, other.Resource) && Verb == other.Verb && Subresource == other.Subresource
            && Scope == other.Scope && Apply == other.Apply && DryRun == other.DryRun;

        // Lengths tell verbs and scopes apart well enough, and cost nothing.
        public override int GetHashCode() => HashCode.Combine(
            RuntimeHelpers.GetHashCode(Resource), Verb.Length, Verb.Length > 0 ? Verb[0] : 0, Subresource.Length, Scope.Length, Apply, DryRun);
    }
}
