using System.Diagnostics.CodeAnalysis;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.Client;

/// <summary>The answer to a request: a value, or a <see cref="Status"/> that says why there is none.</summary>
/// <remarks>
/// Everything that a server may answer, and a server that cannot be reached (<see cref="IsUnreachable"/>), comes as a value. Exceptions
/// are left for cancellation and for faults of the program.
/// </remarks>
public readonly record struct ApiResult<T>
{
    private readonly T? _value;

    public ApiResult(T value) => _value = value;

    public ApiResult(Status error) => Error = error;

    /// <summary>Why it did not work; null when it did.</summary>
    public Status? Error { get; }

    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsOk => Error is null;

    /// <summary>What was answered.</summary>
    /// <exception cref="ApiStatusException">There is no value but an error.</exception>
    public T Value => Error is null ? _value! : throw new ApiStatusException(Error);

    /// <summary>The HTTP status code of an error; 0 when it worked or nobody answered.</summary>
    public int Code => Error?.Code ?? 0;

    /// <summary>The error's reason; "" when it worked.</summary>
    public string Reason => Error?.Reason ?? "";

    public bool IsNotFound => Reason == StatusReason.NotFound;

    public bool IsAlreadyExists => Reason == StatusReason.AlreadyExists;

    public bool IsConflict => Reason == StatusReason.Conflict;

    public bool IsInvalid => Reason == StatusReason.Invalid;

    public bool IsForbidden => Reason == StatusReason.Forbidden;

    public bool IsUnauthorized => Reason == StatusReason.Unauthorized;

    /// <summary>The resource version or the continue token is too old: list again.</summary>
    public bool IsExpired => Reason is StatusReason.Expired or StatusReason.Gone;

    /// <summary>Eviction against a disruption budget, or the server's own flow control.</summary>
    public bool IsTooManyRequests => Reason == StatusReason.TooManyRequests;

    /// <summary>The server did not answer; whether it did what was asked is unknown.</summary>
    public bool IsUnreachable => Reason == ClientStatus.Unreachable;

    /// <summary>Creating was refused because the namespace is going away.</summary>
    public bool IsNamespaceTerminating => Error is { } error && error.HasCause("NamespaceTerminating");

    public static implicit operator ApiResult<T>(T value) => new(value);

    public static implicit operator ApiResult<T>(Status error) => new(error);

    /// <summary>The value, if there is one.</summary>
    public bool TryGet([MaybeNullWhen(false)] out T value)
    {
        value = _value;
        return Error is null;
    }

    /// <summary>The same answer with another type of value; errors stay as they are.</summary>
    public ApiResult<TOther> Select<TOther>(Func<T, TOther> selector) => Error is null ? new(selector(_value!)) : new(Error);

    public override string ToString() => Error?.Message ?? _value?.ToString() ?? "ok";
}
