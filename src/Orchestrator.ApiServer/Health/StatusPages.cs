using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Http;
using static Orchestrator.ApiServer.OpenApi.JsonTree;

namespace Orchestrator.ApiServer.Health;

/// <summary>/statusz, /flagz and /configz: what runs, since when, and with which settings.</summary>
internal sealed class StatusPages(IReadOnlyDictionary<string, string> flags, DateTimeOffset startedAt, TimeProvider time, Func<IEnumerable<string>> paths)
{
    private const string Version = "1.36.2";
    private const string Warning =
        "Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.\n\n";

    public ValueTask StatusAsync(HttpContext context)
    {
        var up = time.GetUtcNow() - startedAt;
        if (AsksFor(context, "Statusz"))
        {
            return JsonAsync(context, Map(
                ("kind", "Statusz"),
                ("apiVersion", "config.k8s.io/v1beta1"),
                ("metadata", Map(("name", "kube-apiserver"))),
                ("startTime", Rfc3339(startedAt)),
                ("uptimeSeconds", (long)up.TotalSeconds),
                ("goVersion", "go1.26.10"),
                ("binaryVersion", Version),
                ("emulationVersion", Version[..Version.LastIndexOf('.')]),
                ("paths", List(paths().Select(static p => (object?)p)))));
        }

        var text = new StringBuilder("\nkube-apiserver statusz\n").Append(Warning)
            .Append(CultureInfo.InvariantCulture, $"Started: {startedAt.UtcDateTime:ddd MMM d HH:mm:ss} UTC {startedAt.Year}\n")
            .Append(CultureInfo.InvariantCulture, $"Up: {(int)up.TotalHours} hr {up.Minutes:00} min {up.Seconds:00} sec\n")
            .Append(CultureInfo.InvariantCulture, $"Go version: go1.26.10\nBinary version: {Version}\nEmulation version: {Version[..Version.LastIndexOf('.')]}\n")
            .Append("Paths: ").AppendJoin(' ', paths()).Append('\n');
        return Responses.WriteTextAsync(context, 200, text.ToString(), context.RequestAborted);
    }

    public ValueTask FlagsAsync(HttpContext context)
    {
        var ordered = flags.OrderBy(static f => f.Key, StringComparer.Ordinal);
        if (AsksFor(context, "Flagz"))
        {
            return JsonAsync(context, Map(
                ("kind", "Flagz"),
                ("apiVersion", "config.k8s.io/v1beta1"),
                ("metadata", Map(("name", "kube-apiserver"))),
                ("flags", Map(ordered.Select(static f => (f.Key, (object?)f.Value)).ToArray()))));
        }

        var text = new StringBuilder("\nkube-apiserver flagz\n").Append(Warning);
        foreach (var (name, value) in ordered)
        {
            text.Append(name).Append('=').Append(value).Append('\n');
        }

        return Responses.WriteTextAsync(context, 200, text.ToString(), context.RequestAborted);
    }

    public ValueTask ConfigurationAsync(HttpContext context) => JsonAsync(context, Map(
        ("orchestrator", Map(flags.OrderBy(static f => f.Key, StringComparer.Ordinal).Select(static f => (f.Key, (object?)f.Value)).ToArray()))));

    private static bool AsksFor(HttpContext context, string kind)
    {
        var accept = context.Request.Headers.Accept.ToString();
        return accept.Contains("application/json", StringComparison.Ordinal) && accept.Contains("as=" + kind, StringComparison.Ordinal);
    }

    private static ValueTask JsonAsync(HttpContext context, object tree) => Responses.WriteJsonAsync(context, 200, ApiJson.WriteValueToArray(tree), pretty: false, context.RequestAborted);

    private static string Rfc3339(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
