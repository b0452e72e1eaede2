using System.Globalization;
using Microsoft.AspNetCore.Http;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Nodes;

/// <summary>What a request for logs asks for, before the node is asked: numbers that are numbers, within their bounds.</summary>
internal static class LogOptions
{
    /// <summary>Refuses options that contradict each other or are out of bounds.</summary>
    /// <exception cref="ApiException">400 for what is no number, 422 for the rest.</exception>
    public static void Validate(IQueryCollection query, string pod)
    {
        var errors = new FieldErrorList();
        var (seconds, limit, tail) = (Number(query, "sinceSeconds"), Number(query, "limitBytes"), Number(query, "tailLines"));
        if (tail < 0)
        {
            errors.Invalid(FieldPath.Root("tailLines"), tail, "must be greater than or equal to 0");
        }

        if (limit < 1)
        {
            errors.Invalid(FieldPath.Root("limitBytes"), limit, "must be greater than 0");
        }

        if (seconds is not null && query["sinceTime"].ToString().Length > 0)
        {
            errors.Forbidden(FieldPath.Root("").Key(""), "at most one of `sinceTime` or `sinceSeconds` may be specified");
        }
        else if (seconds < 1)
        {
            errors.Invalid(FieldPath.Root("sinceSeconds"), seconds, "must be greater than 0");
        }

        if (Errors.Invalid("", "PodLogOptions", pod, errors) is { } refusal)
        {
            throw refusal;
        }
    }

    private static long? Number(IQueryCollection query, string name)
    {
        var text = query[name].ToString();
        return text.Length == 0 ? null
            : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value
            : throw Errors.BadRequest($"strconv.ParseInt: parsing {GoText.Quote(text)}: invalid syntax");
    }
}
