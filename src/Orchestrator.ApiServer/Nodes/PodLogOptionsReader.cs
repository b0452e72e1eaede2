using Microsoft.AspNetCore.Http;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Nodes;

/// <summary>Checks the options of a request for logs before anybody is asked for them.</summary>
internal static class PodLogOptionsReader
{
    private const string NotPositive = "must be greater than 0";
    private static readonly string[] Streams = ["All", "Stdout", "Stderr"];

    /// <exception cref="ApiException">400 or 422.</exception>
    public static void Check(IQueryCollection query, string name)
    {
        var sinceSeconds = QueryFlags.Number(query["sinceSeconds"]);
        var sinceTime = QueryFlags.Text(query["sinceTime"]);
        var tailLines = QueryFlags.Number(query["tailLines"]);
        var limitBytes = QueryFlags.Number(query["limitBytes"]);
        var stream = QueryFlags.Text(query["stream"]);
        if (sinceTime is not ("" or "null") && !ApiTime.TryParse(sinceTime, out _))
        {
            throw Errors.BadRequest(GoText.TimeParseError(sinceTime, micro: false));
        }

        var errors = new FieldErrorList();
        if (tailLines < 0)
        {
            errors.Invalid(FieldPath.Root("tailLines"), tailLines, "must be greater than or equal to 0");
        }

        if (limitBytes < 1)
        {
            errors.Invalid(FieldPath.Root("limitBytes"), limitBytes, NotPositive);
        }

        if (sinceSeconds is not null && sinceTime.Length > 0)
        {
            // Upstream names no field here, and its empty name prints like this.
            errors.Forbidden(FieldPath.Root("[]"), "at most one of `sinceTime` or `sinceSeconds` may be specified");
        }
        else if (sinceSeconds < 1)
        {
            errors.Invalid(FieldPath.Root("sinceSeconds"), sinceSeconds, NotPositive);
        }

        if (stream.Length > 0)
        {
            if (!Streams.Contains(stream))
            {
                errors.NotSupportedInOrder(FieldPath.Root("stream"), stream, Streams);
            }

            if (stream != "All" && tailLines is not null)
            {
                errors.Forbidden(FieldPath.Root("[]"), "`tailLines` and specific `stream` are mutually exclusive for now");
            }
        }

        if (Errors.Invalid("", "PodLogOptions", name, errors) is { } invalid)
        {
            throw invalid;
        }
    }
}
