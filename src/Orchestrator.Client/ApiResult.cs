using Orchestrator.Api.Meta.V1;

namespace Orchestrator.Client;

/// <summary>The answer to a request that gives no object: done, or a <see cref="Status"/> that says why not.</summary>
public readonly record struct ApiResult(Status? Error)
{
    public static ApiResult Ok => default;

    public bool IsOk => Error is null;

    public bool IsNotFound => Error?.Reason == StatusReason.NotFound;

    public bool IsConflict => Error?.Reason == StatusReason.Conflict;

    /// <summary>The status's reason; "" when done.</summary>
    public string Reason => Error?.Reason ?? "";

    public static implicit operator ApiResult(Status error) => new(error);

    /// <exception cref="ApiStatusException">The request was refused.</exception>
    public void ThrowIfError()
    {
        if (Error is { } error)
        {
            throw new ApiStatusException(error);
        }
    }

    public override string ToString() => Error?.Message ?? "ok";
}
