using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Machinery;

/// <summary>The failures of the API in upstream's words (apimachinery's api/errors).</summary>
public static class Errors
{
    public static ApiException NotFound(string group, string resource, string name) => Make(
        404, "NotFound", $"{Qualified(group, resource)} {Quoted(name)} not found", Details(group, resource, name));

    public static ApiException AlreadyExists(string group, string resource, string name) => Make(
        409, "AlreadyExists", $"{Qualified(group, resource)} {Quoted(name)} already exists", Details(group, resource, name));

    public static ApiException Conflict(string group, string resource, string name, string why) => Make(
        409, "Conflict", $"Operation cannot be fulfilled on {Qualified(group, resource)} {Quoted(name)}: {why}", Details(group, resource, name));

    /// <summary>The object was changed since the caller read it.</summary>
    public static ApiException Stale(string group, string resource, string name) =>
        Conflict(group, resource, name, "the object has been modified; please apply your changes to the latest version and try again");

    public static ApiException Forbidden(string group, string resource, string name, string why) => Make(
        403,
        "Forbidden",
        resource.Length == 0 ? $"forbidden: {why}" : name.Length == 0 ? $"{Qualified(group, resource)} is forbidden: {why}" : $"{Qualified(group, resource)} {Quoted(name)} is forbidden: {why}",
        Details(group, resource, name));

    public static ApiException Unauthorized() => Make(401, "Unauthorized", "Unauthorized", null);

    public static ApiException BadRequest(string message) => Make(400, "BadRequest", message, null);

    public static ApiException MethodNotSupported(string group, string resource, string action) => Make(
        405, "MethodNotAllowed", $"{action} is not supported on resources of kind \"{Qualified(group, resource)}\"", Details(group, resource, ""));

    public static ApiException NotAcceptable(string message) => Make(406, "NotAcceptable", message, null);

    public static ApiException UnsupportedMediaType(string message) => Make(415, "UnsupportedMediaType", message, null);

    public static ApiException TooLarge(string message) => Make(413, "RequestEntityTooLarge", "Request entity too large: " + message, null);

    public static ApiException Gone(string message) => Make(410, "Gone", message, null);

    /// <summary>A resourceVersion or continue token that is no longer held.</summary>
    public static ApiException Expired(string message) => Make(410, "Expired", message, null);

    public static ApiException Internal(string message) => Make(
        500, "InternalError", "Internal error occurred: " + message, new StatusDetails { Causes = [new StatusCause { Message = message }] });

    public static ApiException Timeout(string message, int retryAfterSeconds) => Make(
        504, "Timeout", "Timeout: " + message, new StatusDetails { RetryAfterSeconds = retryAfterSeconds });

    public static ApiException TooManyRequests(string message, int retryAfterSeconds) => Make(
        429, "TooManyRequests", message, retryAfterSeconds > 0 ? new StatusDetails { RetryAfterSeconds = retryAfterSeconds } : null);

    public static ApiException ServiceUnavailable(string message) => Make(503, "ServiceUnavailable", message, null);

    /// <summary>422 with a cause per fault; null if there is none.</summary>
    public static ApiException? Invalid(string group, string kind, string name, FieldErrorList errors)
    {
        if (errors.Count == 0)
        {
            return null;
        }

        var aggregate = errors.Aggregate();
        var causes = errors.Select(static e => new StatusCause { Reason = e.Reason, Message = e.Body, Field = e.Field });
        var qualified = group.Length == 0 ? kind : kind + "." + group;
        return Make(
            422, "Invalid", $"{qualified} {Quoted(name)} is invalid: {aggregate}", new StatusDetails { Name = name, Group = group, Kind = kind, Causes = causes.ToApiList() });
    }

    public static ApiException Make(int code, string reason, string message, StatusDetails? details) => new(new Status
    {
        Kind = "Status",
        ApiVersion = "v1",
        StatusValue = "Failure",
        Message = message,
        Reason = reason,
        Details = details,
        Code = code,
    });

    private static string Qualified(string group, string resource) => group.Length == 0 ? resource : resource + "." + group;

    private static string Quoted(string name) => "\"" + name + "\"";

    private static StatusDetails Details(string group, string resource, string name) => new() { Name = name, Group = group, Kind = resource };
}
