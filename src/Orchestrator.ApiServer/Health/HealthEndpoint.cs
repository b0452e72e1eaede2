using Microsoft.AspNetCore.Http;
using Orchestrator.ApiServer.Http;

namespace Orchestrator.ApiServer.Health;

/// <summary>/healthz, /livez and /readyz, whole or check by check, with <c>?verbose</c> and <c>?exclude=</c>.</summary>
internal sealed class HealthEndpoint(IReadOnlyList<HealthCheck> checks)
{
    private static readonly string[] Roots = ["/healthz", "/livez", "/readyz"];

    public bool Serves(string path) => Roots.Any(r => path == r || path.StartsWith(r + "/", StringComparison.Ordinal));

    public async ValueTask HandleAsync(HttpContext context, string path)
    {
        if (path.EndsWith('/'))
        {
            await Responses.WriteTextAsync(context, 404, "404 page not found\n", context.RequestAborted);
            return;
        }

        var root = Roots.First(r => path == r || path.StartsWith(r + "/", StringComparison.Ordinal));
        var name = path.Length > root.Length ? path[(root.Length + 1)..] : "";
        var ofRoot = checks.Where(c => c.Roots.Length == 0 || c.Roots.Contains(root)).ToArray();
        if (name.Length > 0)
        {
            if (ofRoot.FirstOrDefault(c => c.Name == name) is not { } single)
            {
                await Responses.WriteTextAsync(context, 404, "404 page not found\n", context.RequestAborted);
                return;
            }

            var fault = single.Probe();
            await Responses.WriteTextAsync(context, fault is null ? 200 : 500, fault is null ? "ok" : "internal server error: " + fault + "\n", context.RequestAborted);
            return;
        }

        var excluded = context.Request.Query["exclude"];
        var report = new System.Text.StringBuilder();
        var failed = false;
        foreach (var check in ofRoot)
        {
            if (excluded.Contains(check.Name))
            {
                report.Append("[+]").Append(check.Name).Append(" excluded: ok\n");
                continue;
            }

            var fault = check.Probe();
            failed |= fault is not null;
            report.Append(fault is null ? "[+]" : "[-]").Append(check.Name).Append(fault is null ? " ok\n" : " failed: reason withheld\n");
        }

        var verbose = context.Request.Query.ContainsKey("verbose");
        if (failed)
        {
            await Responses.WriteTextAsync(context, 500, report + root[1..] + " check failed\n", context.RequestAborted);
            return;
        }

        await Responses.WriteTextAsync(context, 200, verbose ? report + root[1..] + " check passed\n" : "ok", context.RequestAborted);
    }
}
