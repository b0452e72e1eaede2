using Microsoft.AspNetCore.Http;
using Orchestrator.Api;
using Orchestrator.ApiServer.Codecs;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Http;

/// <summary>How long a client gives the server for an answer: the parameter <c>timeout</c>, which kubectl's --request-timeout and Go clients' discovery send.</summary>
internal static class RequestDeadline
{
    /// <summary>Null if the request names none: zero is none too.</summary>
    /// <exception cref="ApiException">400: no duration.</exception>
    public static TimeSpan? Of(HttpRequest request)
    {
        if (!request.QueryString.HasValue || QueryFlags.Text(request.Query["timeout"]) is not { Length: > 0 } text)
        {
            return null;
        }

        if (!GoDuration.TryParse(text, out var timeout))
        {
            throw Errors.BadRequest("invalid timeout specified in the request URL - " + DurationText.Fault(text));
        }

        return timeout > TimeSpan.Zero ? timeout : null;
    }
}
