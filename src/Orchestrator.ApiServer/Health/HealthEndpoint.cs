using Microsoft.AspNetCore.Http;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Metrics;

namespace Orchestrator.ApiServer.Health;

/// <summary>/healthz, /livez and /readyz, whole or check by check, with <c>?verbose</c> and <c>?exclude=</c>. Outcomes are counted for /metrics/slis.</summary>
internal sealed class HealthEndpoint
{
    private static readonly string[] Roots = ["/healthz", "/livez", "/readyz"];
    private readonly IReadOnlyList<HealthCheck> _checks;
    private readonly SeriesFamily<Counter> _outcomes;

    public HealthEndpoint(IReadOnlyList<HealthCheck> checks, MetricRegistry slis)
    {
        _checks = checks;
        slis.Polled("kubernetes_healthcheck", "[STABLE] This metric records the result of a single healthcheck.", ["name", "type"], () =>
            from root in Roots from check in checks where check.IsIn(root) select (new[] { check.Name, root[1..] }, check.Probe() is null ? 1.0 : 0));
        _outcomes = slis.Counter("kubernetes_healthchecks_total", "[STABLE] This metric records the results of all healthcheck.", "name", "status", "type");
    }

    /// <summary>Where all the checks are, alone and together.</summary>
    public IEnumerable<string> Paths => from root in Roots from path in _checks.Where(c => c.IsIn(root)).Select(c => root + "/" + c.Name).Prepend(root) select path;

    public bool Serves(string path)
    {
        // Asked for every path, and nearly none is one of these.
        foreach (var root in Roots)
        {
            if (path.StartsWith(root, StringComparison.Ordinal) && (path.Length == root.Length || path[root.Length] == '/'))
            {
                return true;
            }
        }

        return false;
    }

    public async ValueTask HandleAsync(HttpContext context, string path)
    {
        if (path.EndsWith('/'))
        {
            await NotFoundAsync(context);
            return;
        }

        var root = Roots.First(r => path == r || path.StartsWith(r + "/", StringComparison.Ordinal));
        var name = path.Length > root.Length ? path[(root.Length + 1)..] : "";
        var ofRoot = _checks.Where(c => c.IsIn(root)).ToArray();
        if (name.Length > 0)
        {
            await AnswerOneAsync(context, root, ofRoot.FirstOrDefault(c => c.Name == name));
            return;
        }

        await AnswerAllAsync(context, root, ofRoot);
    }

    private async ValueTask AnswerOneAsync(HttpContext context, string root, HealthCheck? check)
    {
        if (check is null)
        {
            await NotFoundAsync(context);
            return;
        }

        await (Run(check, root) is { } fault
            ? Responses.WriteTextAsync(context, 500, "internal server error: " + fault + "\n", context.RequestAborted)
            : Responses.WriteBytesAsync(context, 200, "text/plain; charset=utf-8", "ok"u8.ToArray(), context.RequestAborted));
    }

    private async ValueTask AnswerAllAsync(HttpContext context, string root, HealthCheck[] checks)
    {
        // A query may name several in one value, with commas.
        var excluded = context.Request.Query["exclude"].SelectMany(static e => (e ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).ToHashSet();
        var report = new System.Text.StringBuilder();
        var failed = false;
        foreach (var check in checks)
        {
            if (excluded.Remove(check.Name))
            {
                report.Append("[+]").Append(check.Name).Append(" excluded: ok\n");
                continue;
            }

            // Details may tell of secrets, and anybody may ask.
            var fault = Run(check, root);
            failed |= fault is not null;
            report.Append(fault is null ? "[+]" : "[-]").Append(check.Name).Append(fault is null ? " ok\n" : " failed: reason withheld\n");
        }

        if (excluded.Count > 0)
        {
            report.Append("warn: some health checks cannot be excluded: no matches for ")
                .Append(string.Join(", ", excluded.Order(StringComparer.Ordinal).Select(Api.Json.GoText.Quote))).Append('\n');
        }

        if (failed)
        {
            await Responses.WriteTextAsync(context, 500, report + root[1..] + " check failed\n", context.RequestAborted);
            return;
        }

        var verbose = context.Request.Query.ContainsKey("verbose");
        await Responses.WriteTextAsync(context, 200, verbose ? report + root[1..] + " check passed\n" : "ok", context.RequestAborted);
    }

    private string? Run(HealthCheck check, string root)
    {
        var fault = check.Probe();
        _outcomes.With(check.Name, fault is null ? "success" : "error", root[1..]).Increment();
        return fault;
    }

    private static ValueTask NotFoundAsync(HttpContext context) => Responses.WriteTextAsync(context, 404, "404 page not found\n", context.RequestAborted);
}
