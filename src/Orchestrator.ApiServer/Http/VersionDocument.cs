using Microsoft.AspNetCore.Http;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Http;

/// <summary>/version: the Kubernetes release whose API this is. Clients decide by it what they may use, so it is that release's own answer.</summary>
internal static class VersionDocument
{
    private static readonly byte[] Body = System.Text.Encoding.UTF8.GetBytes(
        """
        {
          "major": "1",
          "minor": "36",
          "emulationMajor": "1",
          "emulationMinor": "36",
          "minCompatibilityMajor": "1",
          "minCompatibilityMinor": "35",
          "gitVersion": "v1.36.2",
          "gitCommit": "$Format:%H$",
          "gitTreeState": "",
          "buildDate": "2026-06-18T00:00:00Z",
          "goVersion": "go1.26.10",
          "compiler": "gc",
          "platform": "linux/amd64"
        }
        """);

    public static ValueTask WriteAsync(HttpContext context)
    {
        var accept = context.Request.Headers.Accept.ToString();
        return accept.Length == 0 || accept.Contains("json", StringComparison.Ordinal) || accept.Contains("*/*", StringComparison.Ordinal)
            ? Responses.WriteBytesAsync(context, 200, "application/json", Body, context.RequestAborted)
            : throw Errors.Make(406, "NotAcceptable", "406: Not Acceptable\n\nAvailable representations: application/json", new StatusDetails());
    }
}
